package guides_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
)

// checkoutReleases is the URL of a release of the program as it is here.
func checkoutReleases(t *testing.T) string {
	t.Helper()
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	archive := "mxlogin_" + version + "_linux_" + runtime.GOARCH + ".tar.gz"
	return publish(t, map[string][]byte{archive: pack(t, archive, program)})
}

// publish makes a release of files, with SHA256SUMS if that is not among them, and
// returns the URL of the releases.
func publish(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "v"+version), 0o700); err != nil {
		t.Fatal(err)
	}
	files = maps.Clone(files)
	if _, given := files["SHA256SUMS"]; !given {
		var sums strings.Builder
		for name, content := range files {
			fmt.Fprintf(&sums, "%s  %s\n", sumOf(content), name)
		}
		files["SHA256SUMS"] = []byte(sums.String())
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, "v"+version, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return "file://" + dir
}

func sumOf(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

// pack is an archive with the program, as goreleaser makes it: in a directory with the
// name of the archive, and with other files.
func pack(t *testing.T, archive string, program []byte) []byte {
	t.Helper()
	var packed []byte
	var err error
	if name, isZip := strings.CutSuffix(archive, ".zip"); isZip {
		packed, err = packZip(name, "mxlogin.exe", program)
	} else {
		packed, err = packTar(strings.TrimSuffix(archive, ".tar.gz"), "mxlogin", program)
	}
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func packTar(dir, name string, program []byte) ([]byte, error) {
	var packed bytes.Buffer
	compressed, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(compressed)
	for _, file := range []struct {
		name    string
		mode    int64
		content []byte
	}{{"LICENSE", 0o644, []byte("licence")}, {name, 0o755, program}} {
		header := tar.Header{Name: dir + "/" + file.name, Mode: file.mode, Size: int64(len(file.content))}
		if err := w.WriteHeader(&header); err != nil {
			return nil, err
		}
		if _, err := w.Write(file.content); err != nil {
			return nil, err
		}
	}
	err = errors.Join(w.Close(), compressed.Close())
	return packed.Bytes(), err
}

func packZip(dir, name string, program []byte) ([]byte, error) {
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for name, content := range map[string][]byte{"LICENSE": []byte("licence"), name: program} {
		file, err := w.Create(dir + "/" + name)
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(file, bytes.NewReader(content)); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return packed.Bytes(), err
}

// onlyPrograms is a PATH with these programs and no others.
func onlyPrograms(t *testing.T, names []string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			clienttest.Skip(t, "there is no "+name+" here")
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
