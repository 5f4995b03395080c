package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// maxDepth is how deep JSON may nest. Nothing of the login API goes past ten.
const maxDepth = 32

// Object is a JSON object that was read strictly: no duplicate member at any
// depth, names exactly as written, valid UTF-8, nothing behind it. encoding/json
// alone would take the last of two tokens, match ACCESS_TOKEN to access_token
// and turn broken bytes into U+FFFD.
type Object struct {
	request string // for errors, as is the status
	status  int
	path    string // of this object inside the body, with a dot at the end
	members map[string]json.RawMessage
}

// ParseObject reads body. Its errors never repeat what body holds.
func ParseObject(body []byte) (Object, error) {
	if err := checkText(body); err != nil {
		return Object{}, err
	}
	members, err := readMembers(body)
	if err != nil {
		return Object{}, err
	}
	return Object{members: members}, nil
}

// Has reports whether the member is there and not null.
func (o Object) Has(name string) bool {
	raw, ok := o.members[name]
	return ok && string(raw) != "null"
}

// Raw returns the member as it was served, nil where it is missing.
func (o Object) Raw(name string) json.RawMessage { return o.members[name] }

// String returns a member that must be a string; ok is false where it is missing
// or null.
func (o Object) String(name string) (value string, ok bool, err error) {
	return member[string](o, name, '"', "a string")
}

// Bool returns a member that must be true or false.
func (o Object) Bool(name string) (value, ok bool, err error) {
	if value, ok, err = member[bool](o, name, 't', "true or false"); err != nil {
		return member[bool](o, name, 'f', "true or false")
	}
	return value, ok, nil
}

// Integer returns a member that must be a whole number, written as one: 1.5,
// 1e3 and "60" are none. A number beyond 64 bits comes back as the nearest end of
// the range.
func (o Object) Integer(name string) (value int64, ok bool, err error) {
	if !o.Has(name) {
		return 0, false, nil
	}
	value, ok = parseInteger(o.members[name])
	if !ok {
		return 0, false, o.Invalid(name, "is not a whole number")
	}
	return value, true, nil
}

// Object returns a member that must be an object.
func (o Object) Object(name string) (value Object, ok bool, err error) {
	members, ok, err := member[map[string]json.RawMessage](o, name, '{', "an object")
	return Object{request: o.request, status: o.status, path: o.path + name + ".", members: members}, ok, err
}

// Array returns the elements of a member that must be an array.
func (o Object) Array(name string) (elements []json.RawMessage, ok bool, err error) {
	return member[[]json.RawMessage](o, name, '[', "an array")
}

// Strings returns a member that must be an array of strings; nil where it is
// missing.
func (o Object) Strings(name string) ([]string, error) {
	elements, _, err := o.Array(name)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(elements))
	for i, raw := range elements {
		if raw[0] != '"' || json.Unmarshal(raw, &texts[i]) != nil {
			return nil, o.Invalid(name, "holds something that is not a string")
		}
	}
	return texts, nil
}

// Element reads an element of the array called name as an object.
func (o Object) Element(name string, raw json.RawMessage) (Object, error) {
	if len(raw) == 0 || raw[0] != '{' {
		return Object{}, o.Invalid(name, "holds something that is not an object")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return Object{}, o.Invalid(name, "cannot be read")
	}
	return Object{request: o.request, status: o.status, path: o.path + name + "[].", members: members}, nil
}

// member decodes a member whose first byte tells that it has the right type.
func member[T any](o Object, name string, first byte, kind string) (value T, ok bool, err error) {
	if !o.Has(name) {
		return value, false, nil
	}
	raw := o.members[name]
	if raw[0] != first {
		return value, false, o.Invalid(name, "is not "+kind)
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, false, o.Invalid(name, "is not "+kind)
	}
	return value, true, nil
}

// Invalid makes the error that a member is not as it must be. The reason goes on
// from the member's name, as in "is missing", and never repeats its value.
func (o Object) Invalid(name, reason string) error {
	return &ProtocolError{Request: o.request, Status: o.status, Reason: "the answer's " + o.path + name + " " + reason}
}

// checkText holds body against all rules but that of members that come twice.
func checkText(body []byte) error {
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return errors.New("the answer is empty")
	case !utf8.Valid(body):
		return errors.New("the answer is not valid UTF-8")
	case exceedsDepth(body):
		return errors.New("the answer is nested too deeply")
	case !json.Valid(body):
		return errors.New("the answer is not JSON")
	case hasLoneSurrogate(body):
		return errors.New("the answer has an unpaired surrogate in a string")
	}
	return nil
}

// exceedsDepth counts brackets outside strings. It comes before the parser, so
// that a deep body costs one pass and no memory.
func exceedsDepth(body []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// hasLoneSurrogate looks for \uD800 to \uDFFF escapes that are no pair, which
// encoding/json replaces without a word. body is valid JSON, so backslashes
// stand in strings only.
func hasLoneSurrogate(body []byte) bool {
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		i++
		if body[i] != 'u' {
			continue
		}
		unit := hex4(body[i+1:])
		i += 4
		switch {
		case unit < 0xD800 || unit > 0xDFFF:
		case unit > 0xDBFF:
			return true
		case i+6 >= len(body) || body[i+1] != '\\' || body[i+2] != 'u':
			return true
		default:
			if low := hex4(body[i+3:]); low < 0xDC00 || low > 0xDFFF {
				return true
			}
			i += 6
		}
	}
	return false
}

func hex4(digits []byte) (unit int) {
	for _, c := range digits[:4] {
		switch {
		case c <= '9':
			c -= '0'
		case c <= 'F':
			c -= 'A' - 10
		default:
			c -= 'a' - 10
		}
		unit = unit<<4 | int(c)
	}
	return unit
}

// readMembers returns the members of the object that body is, which is valid JSON. It
// refuses a name that comes twice in an object at any depth.
func readMembers(body []byte) (map[string]json.RawMessage, error) {
	w := walk{body: body}
	if w.next() != '{' {
		return nil, errors.New("the answer is not a JSON object")
	}
	return w.object()
}

var errTwice = errors.New("the answer has a duplicate member")

// walk goes over valid JSON from value to value. The tokens of encoding/json take twice the
// time that it needs for the whole body.
type walk struct {
	body []byte
	at   int
}

// next goes on to the next value, name or closing bracket and returns its first byte.
func (w *walk) next() byte {
	for {
		switch c := w.body[w.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			w.at++
		default:
			return c
		}
	}
}

func (w *walk) object() (map[string]json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	w.at++
	for w.next() != '}' {
		name, err := w.name()
		if err != nil {
			return nil, err
		}
		if _, twice := members[name]; twice {
			return nil, errTwice
		}
		if members[name], err = w.value(); err != nil {
			return nil, err
		}
	}
	w.at++
	return members, nil
}

func (w *walk) name() (name string, err error) {
	raw := w.text()
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), nil
	}
	err = json.Unmarshal(raw, &name)
	return name, err
}

func (w *walk) value() (raw json.RawMessage, err error) {
	first, start := w.next(), w.at
	switch first {
	case '{':
		_, err = w.object()
	case '[':
		err = w.array()
	case '"':
		w.text()
	default:
		w.at += bytes.IndexAny(w.body[w.at:], ",]} \t\r\n")
	}
	return w.body[start:w.at], err
}

func (w *walk) array() error {
	w.at++
	for w.next() != ']' {
		if _, err := w.value(); err != nil {
			return err
		}
	}
	w.at++
	return nil
}

// text goes past a string and returns it with its quotes.
func (w *walk) text() []byte {
	start := w.at
	for w.at++; w.body[w.at] != '"'; w.at++ {
		if w.body[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
	return w.body[start:w.at]
}
