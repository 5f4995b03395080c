package output

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quietZone is the light border of a code, in modules: cameras tell it from what is around
// by that.
const quietZone = 2

// QR draws an address for a camera, where it fits into columns, after words that say whose
// login it is for: a code says nothing by itself. It takes a terminal that shows UTF-8.
func (r *Reporter) QR(server, address string, columns int) {
	code, err := qr.Encode(address, qr.L)
	if err != nil || code.Size+2*quietZone > columns {
		return
	}
	r.text("mxlogin: ", r.clean(fmt.Sprintf("or scan this, which is for %s as well:", server)))
	r.write([]byte(drawQR(code)))
}

// drawQR draws two rows of modules as one of half blocks. Light modules are what is drawn,
// since most terminals are dark.
func drawQR(code *qr.Code) string {
	light := func(x, y int) bool {
		return x < 0 || y < 0 || x >= code.Size || y >= code.Size || !code.Black(x, y)
	}
	var drawn strings.Builder
	for y := -quietZone; y < code.Size+quietZone; y += 2 {
		for x := -quietZone; x < code.Size+quietZone; x++ {
			upper, lower := light(x, y), light(x, y+1) && y+1 < code.Size+quietZone
			switch {
			case upper && lower:
				drawn.WriteRune('█')
			case upper:
				drawn.WriteRune('▀')
			case lower:
				drawn.WriteRune('▄')
			default:
				drawn.WriteByte(' ')
			}
		}
		drawn.WriteByte('\n')
	}
	return drawn.String()
}
