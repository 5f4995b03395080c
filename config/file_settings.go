package config

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Setting is the value that the file holds for key: a list comma separated, all
// else as it is written. Its kind has not been checked.
func (f *File) Setting(key string) (string, bool) {
	node := child(f.settings(), key)
	if node == nil || isNull(node) {
		return "", false
	}
	if node.Kind == yaml.SequenceNode {
		items := make([]string, len(node.Content))
		for i, item := range node.Content {
			items[i] = item.Value
		}
		return strings.Join(items, ","), true
	}
	return node.Value, true
}

// SetSetting changes a setting; an empty text or list unsets it. An unknown key or a value of the wrong kind is a
// [SettingError].
func (f *File) SetSetting(key, value string) error {
	setting, err := fileSetting(key)
	if err != nil {
		return err
	}
	if err := setting.check(value, SourceFile, ""); err != nil {
		return err
	}
	node := setting.node(value)
	if node == nil {
		f.UnsetSetting(key)
		return nil
	}
	f.makeSettings()
	if putField(f.settings(), field{key: key, value: node}, lastKey(f.settings())) {
		f.edited = true
	}
	return nil
}

// node is a checked value as it stands in the file, nil for an empty one.
func (s Setting) node(value string) *yaml.Node {
	switch s.Kind {
	case KindBool:
		on, _ := strconv.ParseBool(value) // checked before
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tagBool, Value: strconv.FormatBool(on)}
	case KindList:
		return listNode(splitList(value))
	}
	return textNode(value)
}

// makeSettings makes the mapping under settings: unless it is there.
func (f *File) makeSettings() {
	switch settings := child(f.root(), "settings"); {
	case settings == nil:
		insertAfter(f.root(), "version", "settings", mappingNode())
	case len(settings.Content) == 0: // null, or {} in flow style
		settings.Kind, settings.Tag, settings.Value, settings.Style = yaml.MappingNode, "!!map", "", 0
	}
}

// UnsetSetting takes a setting out of the file and reports whether it was there.
func (f *File) UnsetSetting(key string) bool {
	if !removeKey(f.settings(), key) {
		return false
	}
	f.edited = true
	return true
}

// settings is the mapping under settings:, or one that is empty and in no file.
func (f *File) settings() *yaml.Node {
	settings := child(f.root(), "settings")
	if settings == nil {
		return mappingNode()
	}
	return settings
}

// checkSettings refuses settings of the wrong shape. Their values are checked by
// [Resolve], so that a wrong one is a mistake in a setting and not in the file.
func checkSettings(settings *yaml.Node) error {
	if settings == nil || isNull(settings) {
		return nil
	}
	if settings.Kind != yaml.MappingNode {
		return parseError(settings, "settings", "must be a mapping")
	}
	for _, setting := range Table() {
		node := child(settings, setting.Key)
		if node == nil || !setting.InFile || isNull(node) {
			continue
		}
		path := "settings." + setting.Key
		if setting.Kind == KindList {
			if _, err := stringsOf(node, path); err != nil {
				return err
			}
		} else if node.Kind != yaml.ScalarNode {
			return parseError(node, path, "must be a single value")
		}
	}
	return nil
}
