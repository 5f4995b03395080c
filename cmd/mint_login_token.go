package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"mxlogin/client"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/output"
)

func newMintLoginToken(r *run) *cobra.Command {
	password := newSecretFlags(envPassword)
	cmd := &cobra.Command{
		Use:   "mint-login-token [ACCOUNT]",
		Short: "Get a login token for another device",
		Long: `Get a login token from a saved session, and print it. With mxlogin token it logs
in one other device of the same user, once and within a short time: two minutes,
by the specification.

The server asks you to authenticate again. A password is asked for on the
terminal, or comes from --password-stdin, --password-file, --password-command
or MXLOGIN_PASSWORD; for other ways a page of the server is opened in a
browser.`,
		Example: `  mxlogin mint-login-token
  mxlogin mint-login-token | ssh host mxlogin token hs.test --login-token-stdin`,
		Args: atMostOne("ACCOUNT"),
		RunE: r.command(func(ctx context.Context, args []string) error {
			return runMintLoginToken(ctx, r, &password, argument(args))
		}),
	}
	password.addFlags(cmd.Flags())
	addSettingFlags(cmd.Flags(), "login_timeout")
	return cmd
}

func runMintLoginToken(ctx context.Context, r *run, password *secretFlags, account string) error {
	if err := password.check(); err != nil {
		return err
	}
	format, err := r.mintFormat()
	if err != nil {
		return err
	}
	opened, err := r.open(ctx, account)
	if err != nil {
		return err
	}
	owner, err := identified(ctx, opened)
	if err != nil {
		return err
	}
	var minted client.LoginTokenGrant
	err = opened.Do(ctx, func(homeserver *client.Client, token transport.Credential) error {
		may, err := homeserver.MayMintLoginToken(ctx, token)
		if err == nil && !may {
			err = client.ErrNoLoginTokens
		}
		if err == nil {
			minted, err = homeserver.MintLoginToken(ctx, token, r.prover(homeserver, owner.UserID, password).prove)
		}
		return err
	})
	if err != nil {
		return err
	}
	r.reporter.Notice("login_token", fmt.Sprintf("good once%s; log the other device in: mxlogin token %s",
		forDuration(minted.Lifetime), shellWord(owner.Homeserver)), map[string]any{"expires_in_ms": minted.Lifetime.Milliseconds()})
	return r.printer(format).LoginToken(output.LoginToken{
		Token: minted.Token, Lifetime: minted.Lifetime, UserID: owner.UserID, Homeserver: owner.Homeserver,
	})
}

// mintFormat is the format of the result: the token itself, whatever the settings say.
func (r *run) mintFormat() (output.Format, error) {
	switch {
	case !r.isGiven("output"), r.format == output.Token, r.format == output.Text:
		return output.Token, nil
	case r.format == output.JSON:
		return output.JSON, nil
	}
	return "", &choose.UsageError{Message: fmt.Sprintf("--output %s is for access tokens", r.format), Hint: "use token or json"}
}

// prover answers the homeserver that wants to see that it is the user who asks.
func (r *run) prover(homeserver *client.Client, user string, password *secretFlags) prover {
	return prover{
		person: r.person, warn: r.reporter.Warning, user: user, source: password.source(r.Environment),
		bind: homeserver.Bind, origin: homeserver.Base().Origin().String(),
	}
}
