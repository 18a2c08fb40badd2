import type { Protocol } from '../../common/contract/client.ts';
import type { StreamInfo } from '../../common/contract/media.ts';
import { toStream10, toStream11, toStream12 } from '../../common/contract/older-streams.ts';

/** Protocols of OWT clients. */
export type OwtProtocol = Exclude<Protocol, 'portico/1'>;

/** A stream as OWT clients of a protocol describe it (OWT 5 and 11): the older ones by kind instead of by track. */
export function toOwtStream(stream: StreamInfo, protocol: OwtProtocol): unknown {
  switch (protocol) {
    case '1.0':
      return toStream10(stream);
    case '1.1':
      return toStream11(stream);
    case '1.2':
      return toStream12(stream);
  }
}
