// How many megabytes a second npm `edifact` and `ts-edifact` pass over: speed.cjs FILE RUNS. What comes to
// them whole is what they are good at: `edifact` fails where a release pair is cut by a piece.
const fs = require('node:fs');
const [file, runs] = process.argv.slice(2);
const text = fs.readFileSync(file, 'latin1');
const megabytes = text.length / 1e6;

function measured(work) {
  const begun = process.hrtime.bigint();
  work();
  return megabytes / (Number(process.hrtime.bigint() - begun) / 1e9);
}

function edifact() {
  const { Parser } = require('edifact');
  const parser = new Parser();
  let count = 0;
  parser.encoding('UNOA');
  parser.onopensegment = parser.onelement = parser.onclosesegment = () => {};
  parser.oncomponent = () => (count += 1);
  parser.write(text);
  parser.end();
}

function tsEdifact() {
  // Without its validator, which says a line about every segment.
  const { Configuration, NullValidator } = {
    ...require('ts-edifact/lib/configuration'),
    ...require('ts-edifact/lib/validator'),
  };
  const { Parser } = require('ts-edifact');
  const parser = new Parser(new Configuration({ validator: new NullValidator() }));
  let count = 0;
  parser.onOpenSegment = parser.onElement = parser.onCloseSegment = () => {};
  parser.onComponent = () => (count += 1);
  parser.write(text);
  parser.end();
}

const peers = [
  ['edifact', edifact],
  ['ts-edifact', tsEdifact],
].map(([name, work]) => {
  const speeds = [];
  let why;
  try {
    for (let run = 0; run < Number(runs); run += 1) speeds.push(measured(work));
  } catch (error) {
    why = String(error.message ?? error).slice(0, 200);
  }
  return { name, version: require(`${name}/package.json`).version, speeds, why };
});
console.log(JSON.stringify(peers));
