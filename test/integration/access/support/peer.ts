import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { types as client } from 'mediasoup-client';
import type { SubscriptionGrant } from '../../../../common/contract/cluster.ts';
import type { Origin } from '../../../../common/contract/origin.ts';
import type { Direction } from '../../../../common/contract/client.ts';
import { ProducerId } from '../../../../common/contract/ids.ts';
import { DtlsParameters, RtpParameters, type Format, type Kind } from '../../../../common/contract/media.ts';
import { Exchange, type Command, type Figure, type Message, type Question } from './peer-messages.ts';
import { Person } from './person.ts';
import type { Stage } from './stage.ts';

/** A participant with a real endpoint. */
export class Peer extends Person {
  readonly #child: ChildProcess = fork(fileURLToPath(new URL('peer-child.ts', import.meta.url)));
  readonly #exchange = new Exchange<Command, Question>(
    (message) => {
      // An endpoint that has ended needs no answer any more.
      if (!('answer' in message) || this.#child.connected) this.#child.send(message, () => undefined);
    },
    (question) => this.#answer(question),
  );
  #ending = false;
  /** What is told of the certificate of the endpoint. */
  alterDtls: (parameters: client.DtlsParameters) => client.DtlsParameters = (parameters) => parameters;

  static async join(
    stage: Stage,
    name: string,
    {
      agent = 0,
      directions = ['send', 'recv'],
      ...more
    }: { agent?: number; directions?: Direction[]; formats?: Format[] } = {},
  ): Promise<Peer> {
    const peer = new Peer(stage, name, agent);
    peer.#child.on('message', (message) => {
      peer.#exchange.receive(message as Message<Question>);
    });
    peer.#child.once('exit', (code, signal) => {
      if (peer.#ending) return;
      peer.#exchange.fail(`the endpoint of ${name} ended (${signal ?? code})`);
    });
    const { rtpCapabilities, transports } = await peer.open(directions, more);
    await peer.#exchange.ask({ do: 'load', rtpCapabilities, send: transports.send, recv: transports.recv });
    return peer;
  }

  /** Sends a tone or a moving picture, or both; `still`: of the picture no frame comes. */
  async send(
    kinds: Kind[] = ['audio', 'video'],
    { still = false }: { still?: boolean } = {},
  ): Promise<Map<Kind, Origin>> {
    await this.grantPublication(this.publicationGrant(kinds));
    const origins = new Map<Kind, Origin>();
    for (const kind of kinds) {
      const id = ProducerId.parse(await this.#exchange.ask({ do: 'produce', kind, still }));
      origins.set(kind, await this.origin(id));
    }
    return origins;
  }

  /** Ends the sound or picture that is being sent. */
  async hush(): Promise<void> {
    await this.#exchange.ask({ do: 'hush' });
  }

  /** Receives all of it; resolves when the consumers have been resumed. */
  async receive(grant: SubscriptionGrant): Promise<Kind[]> {
    for (const { type } of grant.tracks) {
      const { id, producerId, kind, rtpParameters } = await this.consume(grant, type);
      await this.#exchange.ask({ do: 'consume', options: { id, producerId, kind, rtpParameters } });
    }
    await this.resume(grant);
    return grant.tracks.map(({ type }) => type);
  }

  /** A figure of what has been received of one kind so far. */
  async received(kind: Kind, figure: Figure): Promise<number> {
    return Number(await this.#exchange.ask({ do: 'received', kind, figure }));
  }

  /** Goes on with new ICE credentials. */
  async restartIce(direction: Direction): Promise<void> {
    const { iceParameters } = await this.renewIce(direction);
    await this.#exchange.ask({ do: 'restartIce', direction, iceParameters });
  }

  /** Nothing comes from the endpoint any more, as if its network were gone. */
  suspend(): void {
    this.#child.kill('SIGSTOP');
  }

  awaken(): void {
    this.#child.kill('SIGCONT');
  }

  /** Ends the endpoint without a word. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#ending = true;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  async #answer(question: Question): Promise<unknown> {
    if (question.ask === 'connect') {
      const parameters = DtlsParameters.parse(this.alterDtls(question.dtlsParameters));
      await this.connect(question.direction, parameters);
      return undefined;
    }
    const rtpParameters = RtpParameters.parse(question.rtpParameters);
    return await this.produce(question.kind, { rtp: () => rtpParameters });
  }
}
