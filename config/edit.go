package config

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// field is what a mapping should hold under key. A nil value, or nested fields
// that are all absent, mean that the key should not be there.
type field struct {
	key    string
	value  *yaml.Node
	nested []field
}

// putFields brings mapping in line with fields and reports whether that changed
// anything. Keys that fields do not name stay, and so do the comments of values
// that are replaced. A new key goes behind those that fields name before it.
func putFields(mapping *yaml.Node, fields []field) (changed bool) {
	previous := ""
	for _, f := range fields {
		if putField(mapping, f, previous) {
			changed = true
		}
		if child(mapping, f.key) != nil {
			previous = f.key
		}
	}
	return changed
}

// putField does what putFields does for one field; a new key goes behind
// previous, or to the front if that is empty.
func putField(mapping *yaml.Node, f field, previous string) (changed bool) {
	old := child(mapping, f.key)
	if f.nested != nil {
		f.value = old
		if old == nil {
			f.value = mappingNode()
		}
		changed = putFields(f.value, f.nested)
		if len(f.value.Content) == 0 {
			f.value = nil
		}
	}
	switch {
	case f.value == nil:
		return removeKey(mapping, f.key)
	case old == nil:
		insertAfter(mapping, previous, f.key, f.value)
		return true
	case old == f.value:
		return changed
	}
	return replaceValue(old, f.value)
}

func insertAfter(mapping *yaml.Node, previous, key string, value *yaml.Node) {
	at := 0
	if found := indexOf(mapping, previous); found >= 0 {
		at = found + 2
	}
	name := &yaml.Node{Kind: yaml.ScalarNode, Tag: tagString, Value: key}
	mapping.Content = slices.Insert(mapping.Content, at, name, value)
}

// lastKey is the last key of a mapping, or empty.
func lastKey(mapping *yaml.Node) string {
	if len(mapping.Content) < 2 {
		return ""
	}
	return mapping.Content[len(mapping.Content)-2].Value
}

// replaceValue gives old the value of updated; comments stay.
func replaceValue(old, updated *yaml.Node) (changed bool) {
	if sameValue(old, updated) {
		return false
	}
	old.Kind, old.Tag, old.Value = updated.Kind, updated.Tag, updated.Value
	old.Style, old.Content = updated.Style, updated.Content
	return true
}

// sameValue compares scalars and lists of scalars by what they say, not by how
// they are written.
func sameValue(a, b *yaml.Node) bool {
	return a.Kind == b.Kind && a.Value == b.Value && a.ShortTag() == b.ShortTag() &&
		slices.EqualFunc(a.Content, b.Content, sameValue)
}

func removeKey(mapping *yaml.Node, key string) (removed bool) {
	at := indexOf(mapping, key)
	if at < 0 {
		return false
	}
	mapping.Content = slices.Delete(mapping.Content, at, at+2)
	return true
}
