import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import { NetworkNamespace } from './network-namespace.ts';

const run = promisify(execFile);

/**
 * A client's own network: a cable to this machine with an address at each end. The cable can be cut, and the client can
 * get another address, as when a phone goes from one network to another.
 */
export class ClientNetwork {
  readonly #namespace: NetworkNamespace;
  readonly #prefix: string;
  readonly #cable: string;
  #host = 2;

  static async create(): Promise<ClientNetwork> {
    const namespace = await NetworkNamespace.create();
    const network = new ClientNetwork(namespace, `10.${randomInt(64, 250)}.${randomInt(1, 250)}`);
    try {
      await network.#lay();
    } catch (error) {
      await namespace.remove();
      throw error;
    }
    return network;
  }

  private constructor(namespace: NetworkNamespace, prefix: string) {
    this.#namespace = namespace;
    this.#prefix = prefix;
    this.#cable = `pc${prefix.replaceAll('.', '')}`;
  }

  /** Address of this machine, as the client reaches it. */
  get server(): string {
    return `${this.#prefix}.1`;
  }

  /** Address of the client now. */
  get client(): string {
    return `${this.#prefix}.${this.#host}`;
  }

  /** An executable that starts a program in the client's network. */
  wrap(program: string): Promise<string> {
    return this.#namespace.wrap(program);
  }

  /** Every packet from and to the client is dropped until `restore`; the client sees a network that is up. */
  async cut(): Promise<void> {
    const rules = ['input', 'output'].map(
      (hook) => `add chain inet away ${hook} { type filter hook ${hook} priority 0; policy drop; }`,
    );
    await this.#namespace.run('nft', ['add table inet away', ...rules].join('; '));
  }

  async restore(): Promise<void> {
    await this.#namespace.run('nft', 'delete table inet away');
  }

  /** The client has a new address at once, and the old one no longer. Routes stay. */
  async move(): Promise<void> {
    const old = this.client;
    this.#host += 1;
    await this.#namespace.run('ip', 'address', 'add', `${this.client}/24`, 'dev', 'cable');
    await this.#namespace.run('ip', 'address', 'del', `${old}/24`, 'dev', 'cable');
  }

  /** What the client receives is limited to this, kbit/s, with a queue of at most 300 ms; undefined: no more. */
  async limit(rate: number | undefined): Promise<void> {
    if (rate === undefined) {
      await run('tc', ['qdisc', 'del', 'dev', this.#cable, 'root']);
      return;
    }
    const shape = ['tbf', 'rate', `${rate}kbit`, 'burst', '6kb', 'latency', '300ms'];
    await run('tc', ['qdisc', 'replace', 'dev', this.#cable, 'root', ...shape]);
  }

  async remove(): Promise<void> {
    await this.#namespace.remove();
  }

  async #lay(): Promise<void> {
    const namespace = this.#namespace;
    const peer = ['peer', 'name', 'cable', 'netns', namespace.name];
    await run('ip', ['link', 'add', this.#cable, 'type', 'veth', ...peer]);
    await run('ip', ['address', 'add', `${this.server}/24`, 'dev', this.#cable]);
    await run('ip', ['link', 'set', this.#cable, 'up']);
    // Else the second address would go with the first one.
    await namespace.run('sysctl', '-qw', 'net.ipv4.conf.cable.promote_secondaries=1');
    await namespace.run('ip', 'address', 'add', `${this.client}/24`, 'dev', 'cable');
    await namespace.run('ip', 'link', 'set', 'cable', 'up');
    await namespace.run('ip', 'route', 'add', 'default', 'via', this.server);
  }
}
