package matrixid_test

import (
	"errors"
	"strings"
	"testing"

	"mxlogin/client/matrixid"
)

func TestW13_HintNamesTheASCIIForm(t *testing.T) {
	_, err := matrixid.ParseBaseURL("https://münchen.example")
	var syntax *matrixid.SyntaxError
	if !errors.As(err, &syntax) || !strings.Contains(syntax.Hint, "xn--") {
		t.Errorf("no hint at the xn-- form: %#v", err)
	}
}

func FuzzParseBaseURL(f *testing.F) {
	seeds := vectors[baseURLVector](f, "base_urls.json")
	for i, v := range seeds {
		f.Add(v.Input, seeds[(i+1)%len(seeds)].Input)
	}
	f.Fuzz(func(t *testing.T, input, second string) {
		base, err := matrixid.ParseBaseURL(input)
		if err != nil {
			return
		}
		if other, err := matrixid.ParseBaseURL(second); err == nil {
			checkKeys(t, base, other)
		}
		again, err := matrixid.ParseBaseURL(base.String())
		if err != nil || again != base {
			t.Errorf("%q is not canonical: %q, then %q, %v", input, base, again, err)
		}
		if strings.ContainsAny(base.String(), "?#\\ ") || strings.HasSuffix(base.String(), "/") || strings.Contains(base.Origin().String(), "@") {
			t.Errorf("%q gave %q", input, base)
		}
	})
}
