// Puttoken puts a login token into the user database of a Dendrite that runs.
//
// Dendrite honours m.login.token but makes no such token over HTTP, so a test
// that logs in with one writes it straight into the table.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "puttoken:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("puttoken", flag.ContinueOnError)
	db := flags.String("db", "", "the SQLite `file` of Dendrite's user API")
	token := flags.String("token", "", "the login token")
	user := flags.String("user", "", "the user ID that it logs in")
	valid := flags.Duration("valid", 5*time.Minute, "how long it may be used")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *db == "" || *token == "" || *user == "" {
		return errors.New("-db, -token and -user are needed")
	}
	return putToken(ctx, *db, *token, *user, *valid)
}

func putToken(ctx context.Context, path, token, user string, valid time.Duration) (err error) {
	// mode=rw: a wrong path must be an error, not a new empty database. The
	// server writes to the same file, hence the busy timeout.
	db, err := sql.Open("sqlite", fileURI(path)+"?mode=rw&_pragma=busy_timeout(5000)")
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	// Dendrite compares times as text, in UTC.
	const insert = `INSERT INTO userapi_login_tokens (token, token_expires_at, user_id) VALUES (?, datetime('now', ?), ?)`
	lifetime := fmt.Sprintf("%+.3f seconds", valid.Seconds())
	if _, err := db.ExecContext(ctx, insert, token, lifetime, user); err != nil {
		return fmt.Errorf("put a login token of %s into %s: %w", user, path, err)
	}
	return nil
}

// fileURI is the name of the database as SQLite takes it; a Windows path gets a
// slash before its drive letter.
func fileURI(path string) string {
	path = filepath.ToSlash(path)
	if path[0] != '/' && filepath.VolumeName(path) != "" {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path}).String()
}
