import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A network of its own with nothing but loopback; programs are started in it by a prefix. */
export class NetworkNamespace {
  readonly name: string;
  readonly #folder: string;

  static async create(): Promise<NetworkNamespace> {
    const name = `portico-${randomBytes(4).toString('hex')}`;
    await run('ip', ['netns', 'add', name]);
    await run('ip', ['netns', 'exec', name, 'ip', 'link', 'set', 'lo', 'up']);
    return new NetworkNamespace(name, await mkdtemp(join(tmpdir(), 'portico-netns-')));
  }

  private constructor(name: string, folder: string) {
    this.name = name;
    this.#folder = folder;
  }

  /** What a command line must start with to run inside. */
  get launcher(): string[] {
    return ['ip', 'netns', 'exec', this.name];
  }

  /** Drops every UDP packet inside, as some company firewalls do. */
  async dropUdp(): Promise<void> {
    const rules =
      'add table inet filter; add chain inet filter out { type filter hook output priority 0; }; add rule inet filter out meta l4proto udp drop';
    await this.run('nft', rules);
  }

  /** Runs a program inside to its end. */
  async run(program: string, ...args: string[]): Promise<void> {
    await run('ip', ['netns', 'exec', this.name, program, ...args]);
  }

  /** An executable that starts a program inside. */
  async wrap(program: string): Promise<string> {
    const file = join(this.#folder, 'run');
    await writeFile(file, `#!/bin/sh\nexec ip netns exec ${this.name} ${program} "$@"\n`);
    await chmod(file, 0o755);
    return file;
  }

  async remove(): Promise<void> {
    await run('ip', ['netns', 'del', this.name]);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
