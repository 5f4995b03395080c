// Package clienttest holds what tests of a Matrix login client need: a fake
// homeserver that answers as told ([Fake]), real ones ([Dendrite], [Synapse]), a
// person at a browser ([Browse]), a listener that must stay unused ([Sink]), a proxy
// that gives loopback servers real names ([ConnectProxy]), and a search for secrets
// that leaked ([ScanForSecrets]).
//
// Everything listens on 127.0.0.1 only. What starts with Start takes a context,
// for TestMain and for programs; what takes a [testing.TB] ends with the test.
package clienttest
