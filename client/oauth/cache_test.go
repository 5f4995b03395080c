package oauth_test

import (
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/oauth"
)

func TestCache(t *testing.T) {
	for _, test := range []struct {
		header map[string]string
		fresh  time.Duration // the longest for which nothing is asked
	}{
		{map[string]string{"Cache-Control": "public, max-age=600, s-maxage=3600, stale-while-revalidate=600"}, 600 * time.Second},
		{map[string]string{"Cache-Control": "Max-Age=600", "Age": "590"}, 10 * time.Second},
		{map[string]string{"Cache-Control": `max-age="60"`}, 60 * time.Second},
		{map[string]string{"Cache-Control": "max-age=600", "Age": "900"}, 0},
		{map[string]string{"Cache-Control": "max-age=600, no-store"}, 0},
		{map[string]string{"Cache-Control": "no-cache, max-age=600"}, 0},
		{map[string]string{"Cache-Control": "max-age=-1"}, 0},
		{map[string]string{"Cache-Control": "max-age=soon"}, 0},
		{map[string]string{"Cache-Control": "max-age=99999999999999999999"}, 0},
		{map[string]string{"Cache-Control": "max-age=9999999999"}, 365 * 24 * time.Hour},
		{nil, 0},
	} {
		w := newWorld(t)
		cache := &oauth.Cache{Now: func() time.Time { return w.now }}
		w.fake.OnEvery(stable, clienttest.Reply{Header: test.header, Body: w.metadata(nil)})
		asked := func() int {
			t.Helper()
			if _, ok, err := cache.Fetch(t.Context(), w.transport(), w.base()); !ok || err != nil {
				t.Fatal(err)
			}
			return len(w.fake.Requests())
		}
		asked()
		if test.fresh > 0 {
			w.now = w.now.Add(test.fresh - time.Second)
			if n := asked(); n != 1 {
				t.Errorf("%v: asked %d times while it was fresh", test.header, n)
			}
			w.now = w.now.Add(time.Second)
		}
		if n := asked(); n != 2 {
			t.Errorf("%v: asked %d times after %v", test.header, n, test.fresh)
		}
	}
}

func TestCacheOfNothing(t *testing.T) {
	var none *oauth.Cache
	w := newWorld(t)
	w.fake.On(stable, clienttest.Reply{Header: map[string]string{"Cache-Control": "max-age=600"}, Body: w.metadata(nil)}, clienttest.Reply{Status: 500})
	if _, ok, err := none.Fetch(t.Context(), w.transport(), w.base()); !ok || err != nil {
		t.Error(err)
	}
	if _, ok, err := (&oauth.Cache{}).Fetch(t.Context(), w.transport(), w.base()); ok || err == nil {
		t.Error("an error is kept")
	}
}
