// Reads receipts as C2SP tlog-proof has them with transparency-dev/formats, and proves the act in each with
// golang.org/x/mod.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// proofs are judged as they are, and each altered in the ways that a proof can be.
func proofs(arguments []string) {
	log := source{"", must(note.NewVerifier(strings.TrimSpace(arguments[0])))}
	for _, file := range arguments[1:] {
		name, whole := filepath.Base(file), must(os.ReadFile(file))
		var read proof.TLogProof
		fine(name+": it is read", read.Unmarshal(whole))
		check(name+": it is written as it was read", bytes.Equal(read.Marshal(), whole), "other bytes")
		fine(name+": the act is in the log", proved(log, read))
		for what, alter := range map[string]func(*proof.TLogProof){
			"another act":        func(p *proof.TLogProof) { p.ExtraData[len(p.ExtraData)/2] ^= 1 },
			"another place":      func(p *proof.TLogProof) { p.Index ^= 1 },
			"another hash":       func(p *proof.TLogProof) { p.Hashes[0][7] ^= 1 },
			"one hash less":      func(p *proof.TLogProof) { p.Hashes = p.Hashes[1:] },
			"another checkpoint": func(p *proof.TLogProof) { p.Checkpoint[len(log.verifier.Name())+1] ^= 1 },
		} {
			var altered proof.TLogProof
			if err := altered.Unmarshal(whole); err != nil || len(altered.Hashes) == 0 {
				panic(fmt.Sprintf("%s: nothing to alter: %v", name, err))
			}
			alter(&altered)
			check(name+", "+what+": it is refused", proved(log, altered) != nil, "it was taken")
		}
	}
}

// proved says why not.
func proved(log source, p proof.TLogProof) error {
	signed, err := log.open(p.Checkpoint)
	if err != nil {
		return err
	}
	var hashes tlog.RecordProof
	for _, hash := range p.Hashes {
		hashes = append(hashes, tlog.Hash(hash))
	}
	leaf := tlog.RecordHash(p.ExtraData)
	return tlog.CheckRecord(hashes, signed.tree.N, signed.tree.Hash, int64(p.Index), leaf)
}
