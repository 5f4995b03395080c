package main

import (
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for want, times := range map[time.Duration][]time.Duration{
		7: {7},
		3: {1, 9, 3},
		4: {5, 1, 3, 9},
	} {
		if got := median(times); got != want {
			t.Errorf("median of %v: %v, want %v", times, got, want)
		}
	}
}

func TestWriteTable(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	err := writeTable(&table, []figure{
		ratio("at the limit", 5, 4, 1.25),
		ratio("above it", 6, 4, 1.25),
		milliseconds("without one", 1500*time.Microsecond, 0),
		megabytes("size", 8_510_000, 9),
		requests("as many", 4, 4),
		requests("too few", 3, 4),
		requests("none", 0, 0),
		requests("one too many", 1, 0),
		share("enough", 4, 5, 0.8),
		share("too little", 3, 5, 0.8),
	})
	const want = `| measured | result | limit | |
| --- | ---: | ---: | --- |
| at the limit | 1.25 | 1.25 | met |
| above it | 1.50 | 1.25 | missed |
| without one | 1.5 ms |  |  |
| size | 8.5 MB | 9.0 MB | met |
| as many | 4 | 4 | met |
| too few | 3 | 4 | missed |
| none | 0 | 0 | met |
| one too many | 1 | 0 | missed |
| enough | 0.80 | 0.80 | met |
| too little | 0.60 | 0.80 | missed |
`
	if err != nil || table.String() != want {
		t.Errorf("%v\n%s", err, table.String())
	}
}
