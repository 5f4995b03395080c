package guides_test

import (
	"maps"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"mxlogin/client/clienttest"
)

// nightly is the script of the jobs of docs/guides/ci.md.
const nightly = `#!/bin/sh
MXLOGIN_ACCESS_TOKEN=$MATRIX_ACCESS_TOKEN MXLOGIN_HOMESERVER=$MATRIX_HOMESERVER mxlogin whoami
`

// TestGuideCI_GitHub runs the jobs of docs/guides/ci.md for GitHub.
func TestGuideCI_GitHub(t *testing.T) {
	bot := newBot(t)
	jobs := 0
	for _, block := range fenced(t, "ci.md", "yaml") {
		if !strings.Contains(block, "runs-on:") {
			continue
		}
		jobs++
		j := newJob(t)
		writeNightly(t, j.at("work/nightly.sh"))
		bot.runJob(t, j, block)
		if !strings.Contains(j.log.String(), bot.userID+", device ") {
			t.Errorf("the script had no session:\n%s", &j.log)
		}
		clienttest.ScanForSecrets(t, "the log", []byte(j.log.String()), bot.password)
		bot.checkNoDevice(t)
		j.checkNoConfig(t)
	}
	if jobs != 2 {
		t.Errorf("%d jobs", jobs)
	}
}

// runJob runs the steps of a workflow, which have to end well.
func (b bot) runJob(t *testing.T, j *job, workflow string) {
	t.Helper()
	var file struct {
		Jobs map[string]struct {
			RunsOn string `yaml:"runs-on"`
			Steps  []struct {
				ID, Uses, If, Run string
				With, Env         map[string]string
			}
		}
	}
	decoder := yaml.NewDecoder(strings.NewReader(workflow))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatalf("%v in\n%s", err, workflow)
	}
	known := map[string]string{"secrets.BOT_PASSWORD": b.password}
	for _, step := range file.Jobs["nightly"].Steps {
		path, isOurs := strings.CutPrefix(step.Uses, "example/mxlogin/")
		path, _, _ = strings.Cut(path, "@v"+version)
		switch {
		case isOurs:
			done := j.uses(t, "../../"+path, b.inputs(t, step.With, known))
			j.checkCode(t, done, 0)
			for name, value := range done.outputs {
				known["steps."+step.ID+".outputs."+name] = value
			}
		case step.Run != "":
			var environ []string
			for name, text := range step.Env {
				environ = append(environ, name+"="+evaluate(t, text, known))
			}
			j.checkCode(t, j.run(t, step.Run, environ...), 0)
		case !strings.HasPrefix(step.Uses, "actions/checkout@"):
			t.Errorf("nobody knows what %q does", step.Uses)
		}
	}
}

// inputs is what a step of the guide gives to the action, at the homeserver of the test.
func (b bot) inputs(t *testing.T, with, known map[string]string) map[string]string {
	t.Helper()
	if with == nil { // of the logout
		return nil
	}
	inputs := map[string]string{}
	for name, text := range with {
		inputs[name] = evaluate(t, text, known)
	}
	return b.here(t, inputs)
}

// here is inputs of the guide but for what is elsewhere in a test.
func (b bot) here(t *testing.T, inputs map[string]string) map[string]string {
	t.Helper()
	if inputs["user"] != "@bot:example.org" || inputs["version"] != version {
		t.Errorf("the inputs are %v", inputs)
	}
	inputs = maps.Clone(inputs)
	inputs["user"], inputs["homeserver"], inputs["releases"] = b.userID, b.homeserver, "checkout"
	return inputs
}

// TestGuideCI_GitLab runs the job that the pipeline of docs/guides/ci.md includes.
func TestGuideCI_GitLab(t *testing.T) {
	bot := newBot(t)
	for _, block := range fenced(t, "ci.md", "yaml") {
		if !strings.HasPrefix(block, "include:") {
			continue
		}
		var file struct {
			Include []struct {
				Project, Ref, File string
				Inputs             map[string]string
			}
		}
		decoder := yaml.NewDecoder(strings.NewReader(block))
		decoder.KnownFields(true)
		if err := decoder.Decode(&file); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat("../.." + file.Include[0].File); err != nil {
			t.Error(err)
		}
		p := newPipeline(t, bot.password, bot.here(t, file.Include[0].Inputs))
		writeNightly(t, p.at("work/nightly.sh"))
		p.run(t, "sh -e", 0)
		if !strings.Contains(p.log.String(), bot.userID+", device ci-nightly") {
			t.Errorf("the script had no session:\n%s", &p.log)
		}
		bot.checkNoDevice(t)
		return
	}
	t.Error("there is no pipeline in the guide")
}

func writeNightly(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(nightly), 0o700); err != nil {
		t.Fatal(err)
	}
}
