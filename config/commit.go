package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// commit writes the file, and the tokens of accounts that the keyring keeps. At any time
// the file is the old or the new one, and the keyring has all that it names: items are
// made before it is written and deleted after it. Those that it does not name stand in
// the file as leftovers while they exist, so whatever cuts this off, the next commit
// takes them out of the keyring. info is of the old file, nil if there is none.
func (s *Store) commit(ctx context.Context, target string, file *File, info fs.FileInfo) error {
	ctx = context.WithoutCancel(ctx)
	made, gone := file.madeItems(), file.goneItems()
	if len(made) > 0 {
		before, err := file.before(namesOf(made))
		if err != nil {
			return newFileError("write", target, err)
		}
		if err := s.write(target, before, info); err != nil {
			return err
		}
		file.raw, info = before.raw, nil
		for _, item := range made {
			if err := keep(ctx, s.keyring, item); err != nil {
				return err
			}
		}
	}
	file.setLeftovers(slices.Concat(file.leftovers(), gone))
	if err := s.write(target, file, info); err != nil {
		return err
	}
	s.tidy(ctx, target, file, gone)
	return nil
}

// tidy takes the leftovers out of the keyring, and out of the file. Where that fails they
// wait for the next commit; of gone, which were in use until now, the person is told.
func (s *Store) tidy(ctx context.Context, target string, file *File, gone []string) {
	left := file.leftovers()
	if len(left) == 0 {
		return
	}
	for len(left) > 0 {
		if err := s.keyring.Delete(ctx, left[0]); err != nil && !errors.Is(err, ErrNoItem) {
			if len(gone) > 0 {
				s.notify(Notice{NoticeKeyring, fmt.Sprintf("%v; the old tokens stay there until the next change of the config file", err)})
			}
			break
		}
		left = left[1:]
	}
	file.setLeftovers(left)
	_ = s.write(target, file, nil) // else the next commit finds them gone
}

// madeItems are the items that the file names and the one that was read did not.
func (f *File) madeItems() []item {
	var made []item
	for _, saved := range f.accounts {
		for _, item := range saved.items() {
			if !item.value.IsZero() && !slices.Contains(f.readItems, item.name) {
				made = append(made, item)
			}
		}
	}
	return made
}

// goneItems are the names of the items that the file named when it was read, and does not
// name now.
func (f *File) goneItems() []string {
	now := namesOf(f.items())
	return slices.DeleteFunc(slices.Clone(f.readItems), func(name string) bool { return slices.Contains(now, name) })
}

// items are those of all accounts.
func (f *File) items() []item {
	var items []item
	for _, saved := range f.accounts {
		items = append(items, saved.items()...)
	}
	return items
}

// before is the file as it was read, but for these leftovers.
func (f *File) before(leftovers []string) (*File, error) {
	before := newFile()
	if len(f.raw) > 0 {
		var err error
		if before, err = Parse(f.raw); err != nil {
			return nil, err
		}
	}
	before.setLeftovers(slices.Concat(before.leftovers(), leftovers))
	return before, nil
}

const leftoversKey = "keyring_leftovers"

// leftovers are the names of items in the keyring that nothing needs, or that nothing did
// when they were made.
func (f *File) leftovers() []string {
	node := child(f.root(), leftoversKey)
	if node == nil {
		return nil
	}
	names, _ := stringsOf(node, leftoversKey) // which was seen when the file was read
	return names
}

// setLeftovers leaves out those that an account names.
func (f *File) setLeftovers(names []string) {
	needed := namesOf(f.items())
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(needed, name) })
	if putField(f.root(), field{key: leftoversKey, value: listNode(names)}, lastKey(f.root())) {
		f.edited = true
	}
}

func namesOf(items []item) []string {
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = item.name
	}
	return names
}
