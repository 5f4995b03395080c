package cmd

import "mxlogin/cmd/output"

// Result is what some commands write to standard output as JSON.
type Result struct {
	Commands []string // without the program's name; the groups' own are their names
	Object   any      // a zero value of what they encode; "doc" tags say what its members mean
}

// Results returns the JSON of every command that has one. The pages come from it.
func Results() []Result {
	return []Result{
		{[]string{"login", "password", "token", "sso", "oauth", "jwt", "appservice", "import", "refresh", "access-token"}, output.SessionObject{}},
		{[]string{"flows"}, offered{}},
		{[]string{"discover"}, discovered{}},
		{[]string{"whoami"}, whoamiResult{}},
		{[]string{"mint-login-token"}, output.LoginTokenObject{}},
		{[]string{"devices", "devices delete", "devices prune"}, deviceList{}},
		{[]string{"devices rename"}, listedDevice{}},
		{[]string{"accounts", "status"}, accountList{}},
		{[]string{"logout", "accounts forget"}, logoutResult{}},
		{[]string{"config get"}, settingValue{}},
		{[]string{"config list"}, settingList{}},
		{[]string{"config path"}, configPath{}},
		{[]string{"version"}, version{}},
	}
}
