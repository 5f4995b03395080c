package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// fileVersion is the version of the format that this package reads and writes.
const fileVersion = 1

// Parse reads a config file and holds it to the format: version 1, no duplicate
// keys or accounts, every known key of its type. An empty file is not a config
// file. Errors are [ErrInvalid], naming line and key, or [ErrNewer]; none
// contains a value of the file other than its version.
func Parse(data []byte) (*File, error) {
	if reason := notText(data); reason != "" {
		return nil, &ParseError{Reason: reason}
	}
	body, complete := cutMarkers(data)
	if !complete {
		return nil, &ParseError{Reason: fmt.Sprintf("cut short: the line %q is missing", lastLine)}
	}
	document, err := decodeDocument(body)
	if err != nil {
		return nil, err
	}
	file := &File{raw: data, document: document}
	if err := file.read(); err != nil {
		return nil, err
	}
	return file, nil
}

// notText says why data is no text in UTF-8, or nothing.
func notText(data []byte) string {
	switch {
	case len(data) == 0:
		return "the file is empty"
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return "the file is in UTF-16, not in UTF-8"
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return "the file begins with a byte order mark"
	case bytes.IndexByte(data, 0) >= 0:
		return "the file contains NUL bytes"
	case !utf8.Valid(data):
		return "the file is not in UTF-8"
	}
	return ""
}

// decodeDocument returns the document node of the only document in data.
func decodeDocument(data []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, &ParseError{Reason: "the file has no content", noVersion: true}
	} else if err != nil {
		return nil, notYAML(err)
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, &ParseError{Line: second.Line, Reason: "more than one YAML document"}
	} else if !errors.Is(err, io.EOF) {
		return nil, notYAML(err)
	}
	if err := checkNode(&document); err != nil {
		return nil, err
	}
	return &document, nil
}

// notYAML keeps only the line number of an error of the YAML package: the text
// may quote the file.
func notYAML(err error) error {
	broken := &ParseError{Reason: "not valid YAML"}
	if match := regexp.MustCompile(`^yaml: line (\d+):`).FindStringSubmatch(err.Error()); match != nil {
		broken.Line, _ = strconv.Atoi(match[1]) // stays 0 if it is out of range
	}
	return broken
}

// checkNode refuses what is legal YAML but has no place in this file: aliases,
// whose edit would change two places, and keys that are not plain or come twice.
func checkNode(node *yaml.Node) error {
	switch node.Kind {
	case yaml.AliasNode:
		return parseError(node, "", "YAML aliases are not supported")
	case yaml.MappingNode:
		if err := checkKeys(node); err != nil {
			return err
		}
	}
	for _, inner := range node.Content {
		if err := checkNode(inner); err != nil {
			return err
		}
	}
	return nil
}

func checkKeys(mapping *yaml.Node) error {
	seen := make(map[string]bool, len(mapping.Content)/2)
	for key := range pairs(mapping) {
		if key.Kind != yaml.ScalarNode {
			return parseError(key, "", "a key must be a plain string")
		}
		if seen[key.Value] {
			return parseError(key, "", "duplicate key")
		}
		seen[key.Value] = true
	}
	return nil
}

// checkVersion comes before every other check: a newer format may differ in
// anything else.
func checkVersion(root *yaml.Node) error {
	node := child(root, "version")
	if node == nil {
		return &ParseError{Field: "version", Reason: "missing", noVersion: true}
	}
	version, err := strconv.Atoi(node.Value)
	if err != nil || version < fileVersion || node.ShortTag() != "!!int" {
		return parseError(node, "version", fmt.Sprintf("must be %d", fileVersion))
	}
	if version > fileVersion {
		return fmt.Errorf("version %d of the config file is %w (it knows version %d)", version, ErrNewer, fileVersion)
	}
	return nil
}

func parseError(node *yaml.Node, field, reason string) error {
	return &ParseError{Line: node.Line, Field: field, Reason: reason}
}
