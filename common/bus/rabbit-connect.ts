import { Duplex } from 'node:stream';
import { type ChannelModel, connect } from 'amqplib';
import { LinkRefused } from './link.ts';
import { type RabbitTarget, socketOptions } from './rabbit-url.ts';

export interface RabbitConnectOptions {
  target: RabbitTarget;
  heartbeatSec: number;
  /** Shown in the broker's list of connections. */
  name: string;
}

/** How long one attempt to connect may take, ms. */
export const connectLimitMs = 5_000;

/** @throws LinkRefused, or whatever the network says */
export async function openModel({ target, heartbeatSec, name }: RabbitConnectOptions): Promise<ChannelModel> {
  const tls = await socketOptions(target);
  try {
    const model = await connect(
      { ...target.connect, heartbeat: heartbeatSec },
      { ...tls, noDelay: true, timeout: connectLimitMs, clientProperties: { connection_name: name } },
    );
    model.on('error', () => undefined); // Its `close` follows; without a listener it would end the process.
    return model;
  } catch (error) {
    throw refusal(error, target) ?? error;
  }
}

/** What the broker says during the handshake has no code of its own, and amqplib hides the text of the last step. */
function refusal(error: unknown, { connect: { vhost = '' } }: RabbitTarget): LinkRefused | undefined {
  const text = error instanceof Error ? error.message : String(error);
  if (text.includes('403 (ACCESS')) return new LinkRefused(text, { cause: error });
  if (!text.includes('Expected ConnectionOpenOk')) return undefined;
  const name = vhost === '' ? '/' : decodeURIComponent(vhost);
  return new LinkRefused(`virtual host '${name}' does not exist or is not permitted`, { cause: error });
}

/** amqplib only half-closes its socket, which would keep the process alive for as long as a dead peer is silent. */
export function destroySocket(model: ChannelModel, reason: unknown): void {
  const { connection } = model;
  if ('stream' in connection && connection.stream instanceof Duplex) {
    connection.stream.destroy(reason instanceof Error ? reason : new Error('the connection is over'));
  }
}
