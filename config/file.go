package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

var errNotEncodable = errors.New("a value cannot be written as YAML")

// File is a parsed config file. Its edits change the nodes of the document and
// leave alone what they do not concern. It is not safe for concurrent use.
type File struct {
	path     string // where it was loaded from; empty if from nowhere
	raw      []byte // as it was read; nil for a file that is not there yet
	document *yaml.Node
	accounts []savedAccount
	edited   bool

	readItems []string // names of the items in the keyring that were in use then
}

// savedAccount is an account with its entry in the document.
type savedAccount struct {
	Account
	entry *yaml.Node
}

// Empty returns a file without settings and accounts, that is in no place.
func Empty() *File { return newFile() }

// newFile is the file that is not there yet.
func newFile() *File {
	root := mappingNode()
	root.Content = []*yaml.Node{
		{Kind: yaml.ScalarNode, Tag: tagString, Value: "version"},
		{Kind: yaml.ScalarNode, Tag: "!!int", Value: fmt.Sprint(fileVersion)},
	}
	return &File{document: &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{root}}}
}

// read takes in the accounts and holds the document to the format.
func (f *File) read() error {
	root := f.root()
	if root.Kind != yaml.MappingNode {
		return parseError(root, "", "must be a mapping")
	}
	if err := checkVersion(root); err != nil {
		return err
	}
	if err := checkSettings(child(root, "settings")); err != nil {
		return err
	}
	if node := child(root, "default_account"); node != nil {
		if _, err := stringOf(node, "default_account"); err != nil {
			return err
		}
	}
	if node := child(root, leftoversKey); node != nil {
		if _, err := stringsOf(node, leftoversKey); err != nil {
			return err
		}
	}
	if err := f.readAccounts(child(root, "accounts")); err != nil {
		return err
	}
	f.readItems = namesOf(f.items())
	return nil
}

func (f *File) readAccounts(list *yaml.Node) error {
	if list == nil || isNull(list) {
		return nil
	}
	if list.Kind != yaml.SequenceNode {
		return parseError(list, "accounts", "must be a list")
	}
	f.accounts = make([]savedAccount, 0, len(list.Content))
	names := make(map[string]bool, len(list.Content))
	for i, entry := range list.Content {
		path := fmt.Sprintf("accounts[%d]", i)
		account, err := decodeAccount(entry, path)
		if err != nil {
			return err
		}
		if names[account.Name] {
			return parseError(entry, path, "has the name of an account before it")
		}
		names[account.Name] = true
		f.accounts = append(f.accounts, savedAccount{account, entry})
	}
	return nil
}

// Accounts returns the accounts in the order of the file.
func (f *File) Accounts() []Account {
	accounts := make([]Account, len(f.accounts))
	for i, saved := range f.accounts {
		accounts[i] = saved.clone()
	}
	return accounts
}

// Account returns the account called name.
func (f *File) Account(name string) (Account, bool) {
	if i := f.find(name); i >= 0 {
		return f.accounts[i].clone(), true
	}
	return Account{}, false
}

// AccountsOf returns the accounts of a user ID, which is compared exactly.
func (f *File) AccountsOf(userID string) []Account {
	var accounts []Account
	for _, saved := range f.accounts {
		if saved.UserID == userID {
			accounts = append(accounts, saved.clone())
		}
	}
	return accounts
}

// DefaultAccount is the name of the default account, or empty. An account of
// that name need not exist.
func (f *File) DefaultAccount() string {
	if node := child(f.root(), "default_account"); node != nil {
		return node.Value
	}
	return ""
}

// SetDefaultAccount makes name the default account; an empty name takes the
// default away.
func (f *File) SetDefaultAccount(name string) {
	previous := "version"
	if child(f.root(), "settings") != nil {
		previous = "settings"
	}
	if putField(f.root(), field{key: "default_account", value: textNode(name)}, previous) {
		f.edited = true
	}
}

// Put replaces the account that has the name of a, or adds a at the end. An
// account without a name is known by its user ID.
func (f *File) Put(a Account) {
	at := f.find(a.key())
	if at < 0 {
		at = f.appendEntry()
	}
	saved := &f.accounts[at]
	if putFields(saved.entry, accountFields(a)) {
		f.edited = true
	}
	saved.Account = a.clone()
	saved.Name = a.key()
}

// appendEntry adds an empty entry to the list of accounts, which it makes if
// need be, and returns its index.
func (f *File) appendEntry() int {
	list := child(f.root(), "accounts")
	if list == nil {
		list = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		insertAfter(f.root(), lastKey(f.root()), "accounts", list)
	}
	if len(list.Content) == 0 { // null, or [] in flow style
		list.Kind, list.Tag, list.Value, list.Style = yaml.SequenceNode, "!!seq", "", 0
	}
	entry := mappingNode()
	list.Content = append(list.Content, entry)
	f.accounts = append(f.accounts, savedAccount{entry: entry})
	return len(f.accounts) - 1
}

// Remove takes the account called name out and reports whether there was one.
// If it was the default account there is none afterwards.
func (f *File) Remove(name string) bool {
	at := f.find(name)
	if at < 0 {
		return false
	}
	list := child(f.root(), "accounts")
	list.Content = slices.Delete(list.Content, at, at+1)
	f.accounts = slices.Delete(f.accounts, at, at+1)
	f.edited = true
	if f.DefaultAccount() == name {
		f.SetDefaultAccount("")
	}
	return true
}

// Rename gives the account called from the name to; the default account stays
// the default. It fails with [ErrNoAccount] or [ErrAccountExists].
func (f *File) Rename(from, to string) error {
	at := f.find(from)
	if at < 0 {
		return fmt.Errorf("rename %q: %w", from, ErrNoAccount)
	}
	if from == to {
		return nil
	}
	if to == "" {
		return fmt.Errorf("rename %q: the new name is empty", from)
	}
	if f.find(to) >= 0 {
		return fmt.Errorf("rename %q to %q: %w", from, to, ErrAccountExists)
	}
	saved := &f.accounts[at]
	saved.Name = to
	f.edited = putFields(saved.entry, accountFields(saved.Account)) || f.edited
	if f.DefaultAccount() == from {
		f.SetDefaultAccount(to)
	}
	return nil
}

// Bytes is the file as it should be written: as it was read if nothing changed.
func (f *File) Bytes() ([]byte, error) {
	if !f.edited {
		return f.raw, nil
	}
	var body bytes.Buffer
	encoder := yaml.NewEncoder(&body)
	encoder.SetIndent(2)
	if err := encoder.Encode(f.document); err != nil {
		return nil, errNotEncodable // the text of err may quote the file
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("encode as YAML: %w", err)
	}
	return addMarkers(body.Bytes()), nil
}

func (f *File) root() *yaml.Node { return f.document.Content[0] }

// find is the index of the account called name, or -1.
func (f *File) find(name string) int {
	return slices.IndexFunc(f.accounts, func(saved savedAccount) bool { return saved.Name == name })
}
