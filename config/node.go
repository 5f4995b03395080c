package config

import (
	"iter"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Tags of the YAML core schema.
const (
	tagString = "!!str"
	tagBool   = "!!bool"
	tagNull   = "!!null"
)

// pairs yields the keys and values of a mapping.
func pairs(mapping *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(*yaml.Node, *yaml.Node) bool) {
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			if !yield(mapping.Content[i], mapping.Content[i+1]) {
				return
			}
		}
	}
}

// child is the value of key in a mapping, or nil.
func child(mapping *yaml.Node, key string) *yaml.Node {
	if at := indexOf(mapping, key); at >= 0 {
		return mapping.Content[at+1]
	}
	return nil
}

// indexOf is where the node of key stands among the contents of mapping, or -1.
func indexOf(mapping *yaml.Node, key string) int {
	if mapping == nil {
		return -1
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// stringOf is the value of a string. A number is refused rather than guessed
// at: 0123 and 1e5 would not come back as they were written.
func stringOf(node *yaml.Node, path string) (string, error) {
	if node.Kind != yaml.ScalarNode || node.ShortTag() != tagString {
		return "", parseError(node, path, "must be a string; put it in quotes")
	}
	return node.Value, nil
}

func oneOf(node *yaml.Node, path string, allowed ...string) (string, error) {
	value, err := stringOf(node, path)
	if err != nil {
		return "", err
	}
	if !slices.Contains(allowed, value) {
		return "", parseError(node, path, "must be "+strings.Join(allowed, " or "))
	}
	return value, nil
}

func stringsOf(node *yaml.Node, path string) ([]string, error) {
	if node.Kind != yaml.SequenceNode {
		return nil, parseError(node, path, "must be a list of strings")
	}
	var values []string
	for _, item := range node.Content {
		value, err := stringOf(item, path)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

func boolOf(node *yaml.Node, path string) (bool, error) {
	if node.Kind != yaml.ScalarNode || node.ShortTag() != tagBool {
		return false, parseError(node, path, "must be true or false")
	}
	return strings.EqualFold(node.Value, "true"), nil
}

// textNode is a string as a node, nil for the empty one. Quotes are left out
// only where no reader of YAML could take the string for something else.
func textNode(text string) *yaml.Node {
	if text == "" {
		return nil
	}
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: tagString, Value: text}
	if !isPlain(text) {
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}

// isPlain reports whether text is made of letters, digits and harmless signs.
// Words such as true and numbers are quoted by the encoder.
func isPlain(text string) bool {
	for i, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case strings.ContainsRune("_./-:+=~", r) && i > 0 && i < len(text)-1:
		default:
			return false
		}
	}
	return true
}

func listNode(values []string) *yaml.Node {
	if len(values) == 0 {
		return nil
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, value := range values {
		item := textNode(value)
		if item == nil {
			item = &yaml.Node{Kind: yaml.ScalarNode, Tag: tagString, Style: yaml.DoubleQuotedStyle}
		}
		list.Content = append(list.Content, item)
	}
	return list
}

func flagNode(value bool) *yaml.Node {
	if !value {
		return nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tagBool, Value: "true"}
}

func mappingNode() *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
}

func isNull(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() == tagNull
}
