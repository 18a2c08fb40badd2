import { forbidsFor } from '../streaming/checked-lookup.ts';
import { FetchProxy } from '../streaming/fetch-proxy.ts';
import { inputSchemes } from '../streaming/protocols.ts';
import { canBeRelayed, Relay } from '../streaming/relay.ts';
import type { IngressSource } from './protocol.ts';

/** A source as FFmpeg is to fetch it. */
export interface RoutedSource extends IngressSource {
  /** Before its address. */
  options: readonly string[];
}

/** The ways on which FFmpeg fetches sources that must not lead into private networks. */
export class Gateway {
  readonly #relay: Relay;
  readonly #proxy: FetchProxy;

  static async open(forbids = forbidsFor(true)): Promise<Gateway> {
    const relay = await Relay.open(forbids);
    return new Gateway(relay, await FetchProxy.open(forbids));
  }

  private constructor(relay: Relay, proxy: FetchProxy) {
    this.#relay = relay;
    this.#proxy = proxy;
  }

  /** Why nothing came on them lately, as the end of a sentence. */
  get complaint(): string | undefined {
    return this.#relay.complaint ?? this.#proxy.complaint;
  }

  /** SRT is without one: its far end answers nothing but its own handshake. */
  route(source: IngressSource): RoutedSource {
    const { scheme, input } = source;
    if (!source.guarded) return { ...source, options: [] };
    if (scheme === 'http' || scheme === 'https')
      return { ...source, options: ['-http_proxy', this.#proxy.url] };
    if (!canBeRelayed(scheme)) return { ...source, options: [] };
    const { url, scheme: plain, options } = this.#relay.aim(input);
    return {
      ...source,
      scheme: plain,
      input: url,
      protocols: inputSchemes[plain] ?? source.protocols,
      options,
    };
  }

  close(): void {
    this.#relay.close();
    this.#proxy.close();
  }
}
