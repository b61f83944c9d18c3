// A log and its witness: nothing is published without the cosignature, and what is published carries it.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// How long nothing may happen before nothing is expected to happen.
const silence = 6 * time.Second

// covered is how many entries the served checkpoint holds, whoever signed it; -1 where there is none.
func covered(log source) int64 {
	got := log.get("checkpoint")
	lines := strings.Split(string(got.body), "\n")
	if got.status != http.StatusOK || len(lines) < 2 {
		return -1
	}
	return must(strconv.ParseInt(lines[1], 10, 64))
}

// took adds an entry and gives back its index.
func took(log source, words string) int64 {
	got := ask("POST", log.base+"add", []byte(words))
	if got.status != http.StatusOK {
		panic(fmt.Sprintf("add: %d %s", got.status, got.body))
	}
	return must(strconv.ParseInt(string(got.body), 10, 64))
}

// unpublished: the log takes an entry, and no checkpoint comes to hold it.
func unpublished(arguments []string) {
	log := source{base: arguments[0]}
	index := took(log, arguments[1])
	time.Sleep(silence)
	size := covered(log)
	check(arguments[1]+": nothing is published", size <= index, fmt.Sprintf("a checkpoint over %d entries", size))
}

// signed is a log with its key, and the key of a witness: x/mod does not know its kind, formats does.
func signed(base, log, witness string) (source, note.Verifier) {
	verifier := must(note.NewVerifier(strings.TrimSpace(log)))
	return source{base, verifier}, must(formats.NewVerifierForCosignatureV1(strings.TrimSpace(witness)))
}

// published: the log takes an entry, and a checkpoint comes to hold it, with the witness's cosignature.
func published(arguments []string) {
	log, witness := signed(arguments[0], arguments[1], arguments[2])
	words := arguments[3]
	index := took(log, words)
	found := log.holding(index + 1)
	check(words+": the log publishes", found.tree.N > index, "")
	carries(words, log, witness)
}

// cosigned waits until the checkpoint of a log carries a witness's cosignature.
func cosigned(arguments []string) {
	log, witness := signed(arguments[0], arguments[1], arguments[2])
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(100 * time.Millisecond) {
		if signs(log, witness, log.get("checkpoint").body) == nil {
			break
		}
	}
	carries("our log", log, witness)
}

// signs reports whether a checkpoint opens with the log's key and carries the witness's signature too.
func signs(log source, witness note.Verifier, checkpoint []byte) error {
	opened, err := note.Open(checkpoint, note.VerifierList(log.verifier, witness))
	if err != nil {
		return err
	}
	for _, signature := range opened.Sigs {
		if signature.Name == witness.Name() && signature.Hash == witness.KeyHash() {
			return nil
		}
	}
	return fmt.Errorf("no signature of %s in\n%s", witness.Name(), checkpoint)
}

// carries checks the cosignature of the served checkpoint, its time, and that an altered one is refused.
func carries(name string, log source, witness note.Verifier) {
	checkpoint := log.get("checkpoint").body
	fine(name+": the checkpoint carries the witness's cosignature, and Go verifies it", signs(log, witness, checkpoint))
	start := "\u2014 " + witness.Name() + " "
	before, rest, _ := strings.Cut(string(checkpoint), start)
	line, after, _ := strings.Cut(rest, "\n")
	signature := must(base64.StdEncoding.DecodeString(line))
	if len(signature) != 4+8+64 {
		panic(fmt.Sprintf("a cosignature of %d bytes", len(signature)))
	}
	made := time.Unix(int64(binary.BigEndian.Uint64(signature[4:])), 0)
	check(name+": it says when", time.Since(made) > -time.Minute && time.Since(made) < time.Hour, made.String())
	for at, what := range map[int]string{11: "the time in it", len(signature) - 1: "the signature"} {
		altered := bytes.Clone(signature)
		altered[at] ^= 1
		text := before + start + base64.StdEncoding.EncodeToString(altered) + "\n" + after
		check(name+": Go refuses it with "+what+" altered", signs(log, witness, []byte(text)) != nil, "it was opened")
	}
}
