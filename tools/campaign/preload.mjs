// Loaded into each server of a campaign before its program, which is unchanged (`node --import`): the campaign can make its disk slow, and
// the server ends with the campaign, however that ends.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

let delayMs = 0;
const { write } = fs;

Object.assign(fs, {
  /** Writes begin later while the disk is slow. @param {[any, any, any, any, any, any]} argv */
  write(...argv) {
    if (delayMs === 0) write(...argv);
    else setTimeout(() => write(...argv), delayMs);
  },
});
syncBuiltinESMExports();

process.on('message', (message) => (delayMs = Number(message)));
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// A server that has stopped may end, although the campaign could still send.
process.channel?.unref();
