// Prints how npm edifact reads interchanges: a line of JSON for each file, its segments as lists of a tag
// and elements, each a list of components. The bytes are given to it as ISO 8859-1, which loses nothing;
// `cargo xtask interop trade` compares with the segments that a node sees.
//
//   node segments.cjs FILE...
'use strict';

const fs = require('node:fs');
const { Parser } = require('edifact');

// The peer takes no C1 control characters, which here are halves of UTF-8: out of their way and back.
const away = (text) => text.replace(/[\x80-\xff]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0x100));
const back = (text) => text.replace(/[\u0180-\u01ff]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0x100));

function read(file) {
  const segments = [];
  const parser = new Parser();
  // Any character: whether a character set is kept to is not what is compared here.
  parser.encoding('UNOY');
  parser.onopensegment = (tag) => segments.push([tag]);
  parser.onelement = () => segments[segments.length - 1].push([]);
  parser.oncomponent = (value) => segments[segments.length - 1].at(-1).push(back(value));
  parser.onclosesegment = () => {};
  parser.write(away(fs.readFileSync(file, 'latin1')));
  parser.end();
  return segments;
}

console.log(JSON.stringify({ kit: `npm edifact ${require('edifact/package.json').version}` }));
for (const file of process.argv.slice(2)) {
  try {
    console.log(JSON.stringify({ file, segments: read(file) }));
  } catch (error) {
    console.log(JSON.stringify({ file, refused: String(error.message ?? error).slice(0, 200) }));
  }
}
