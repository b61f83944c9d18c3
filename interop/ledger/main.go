// What Go's own tools and Tessera say of our log and our witness, and what our log and witness do for
// them. `cargo xtask interop ledger` starts the nodes and calls the parts of this program; the bench takes
// the log of log.go for its peer.
//
//	ledger keys NAME PREFIX                     a key: PREFIX.key, PREFIX.vkey, PREFIX.cosigner
//	ledger log [options]                        a Tessera log with POST /add
//	ledger read URL VKEY [--add | --then COMMAND…]
//	                                            reads and verifies a log over HTTP with golang.org/x/mod; it
//	                                            grows by what is added, or by what the command does
//	ledger proofs VKEY FILE…                    receipts of the log with this key, as they are and altered
//	ledger vkey FILE                            the verifier key of a log whose key file this is
//	ledger get URL                              what is at a URL
//	ledger copy URL DIR                         the log as files, as Tessera lays them out
//	ledger unpublished URL WORDS                adds an entry, and no checkpoint comes to hold it
//	ledger published URL VKEY WITNESS WORDS     adds an entry, and a checkpoint with a cosignature holds it
//	ledger cosigned URL VKEY WITNESS            the checkpoint comes to carry a witness's cosignature
package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime/debug"

	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("what? see the top of main.go")
	}
	arguments := os.Args[2:]
	switch os.Args[1] {
	case "keys":
		keys(arguments[0], arguments[1])
	case "vkey":
		fmt.Print(vkey(arguments[0]))
	case "log":
		serve(arguments)
	case "get":
		got := ask("GET", arguments[0], nil)
		if got.status != 200 {
			log.Fatalf("%s: %d", arguments[0], got.status)
		}
		os.Stdout.Write(got.body)
	case "copy":
		download(arguments[0], arguments[1])
	case "read":
		checks("golang.org/x/mod", "sumdb/note and sumdb/tlog", func() { read(arguments) })
	case "proofs":
		checks("github.com/transparency-dev/formats", "proof, with golang.org/x/mod", func() { proofs(arguments) })
	case "unpublished":
		checks("github.com/transparency-dev/tessera", "with a witness policy", func() { unpublished(arguments) })
	case "published":
		checks("github.com/transparency-dev/tessera", "with a witness policy", func() { published(arguments) })
	case "cosigned":
		checks("", "", func() { cosigned(arguments) })
	default:
		log.Fatalf("%s: see the top of main.go", os.Args[1])
	}
}

// checks names the peer with the version that is built in, and makes a failure of what goes wrong.
func checks(module, part string, run func()) {
	if info, ok := debug.ReadBuildInfo(); ok && module != "" {
		for _, dependency := range info.Deps {
			if dependency.Path == module {
				say(map[string]any{"kit": fmt.Sprintf("Go %s %s (%s)", module, dependency.Version, part)})
			}
		}
	}
	defer func() {
		if trouble := recover(); trouble != nil {
			check("the program ran to its end", false, fmt.Sprint(trouble))
		}
	}()
	run()
}

func say(line map[string]any) {
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func check(name string, ok bool, why string) {
	line := map[string]any{"check": name, "ok": ok}
	if !ok {
		line["why"] = why
	}
	say(line)
}

// fine is a check that an error fails.
func fine(name string, err error) {
	check(name, err == nil, fmt.Sprint(err))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// keys makes an Ed25519 key and writes it as a note's signer (.key), a note's verifier (.vkey) and a
// witness's verifier (.cosigner).
func keys(name, prefix string) {
	signer, verifier, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		log.Fatal(err)
	}
	cosigner := must(formats.VKeyToCosignatureV1(verifier))
	for ending, text := range map[string]string{".key": signer, ".vkey": verifier, ".cosigner": cosigner} {
		if err := os.WriteFile(prefix+ending, []byte(text), 0o600); err != nil {
			log.Fatal(err)
		}
	}
}

// vkey is derived from the seed in a key file of a node, so that it is Go's idea of the key.
func vkey(file string) string {
	var key struct{ Name, Seed string }
	if err := json.Unmarshal(must(os.ReadFile(file)), &key); err != nil {
		log.Fatal(err)
	}
	seed := must(base64.StdEncoding.DecodeString(key.Seed))
	return must(note.NewEd25519VerifierKey(key.Name, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)))
}
