// A disk whose power can be cut: an ext4 file system in a file, shut down by an ioctl that forgets what is not on the medium. Needs
// root, loop devices and python3, which makes the ioctl.
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';

const imageSizeBytes = 256 * 1024 * 1024;
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: the journal is not written either. */
const shutdown =
  'import fcntl, os, struct, sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))';

export class PowerDisk {
  /** Where its files are. */
  folder;
  #image;

  /** @param {string} folder An existing one, on another file system. */
  constructor(folder) {
    this.#image = join(folder, 'disk.img');
    this.folder = join(folder, 'mounted');
    mkdirSync(this.folder);
    const file = openSync(this.#image, 'w');
    ftruncateSync(file, imageSizeBytes);
    closeSync(file);
    run('mkfs.ext4', '-q', '-F', this.#image);
    this.mount();
  }

  mount() {
    run('mount', '-o', 'loop', this.#image, this.folder);
  }

  /** From now on every operation fails, and what was not on the medium is gone. */
  cut() {
    run('python3', '-c', shutdown, this.folder);
  }

  unmount() {
    run('umount', this.folder);
  }
}

/** @param {string} command @param {string[]} argv */
function run(command, ...argv) {
  const { status, error, stderr } = spawnSync(command, argv, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${argv.join(' ')} failed: ${stderr.trim()}`);
}
