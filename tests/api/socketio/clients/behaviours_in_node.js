// Runs the behaviours with one of the clients of package.json in Node; a line of JSON for each.
//   node behaviours_in_node.js <generation> <url>
"use strict";

const { runBehaviours } = require("./behaviours.js");

const [, , generation, url] = process.argv;
const platform = {
  io: require(`sio-${generation}`),
  generation: Number(generation),
  bytes: (numbers) => Buffer.from(numbers),
  kinds: [(numbers) => Buffer.from(numbers), (numbers) => Uint8Array.from(numbers).buffer],
};
runBehaviours(platform, url).then((reports) => {
  for (const report of reports) process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exit(0);
});
