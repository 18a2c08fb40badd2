import { signingKey } from '../../common/auth/keys.ts';
import { mintToken } from '../../common/auth/mint.ts';
import type { Attributes } from '../../common/contract/media.ts';
import type { WebhookEvent } from '../schemas/webhooks.ts';
import { PorticoAdminError, translate } from './error.ts';
import { AdminAudit, AdminCluster } from './operations.ts';
import { AdminMixes } from './mixes.ts';
import { AdminRecordings, AdminStreamingIns, AdminStreamingOuts } from './outputs.ts';
import { AdminParticipants, AdminStreams } from './people.ts';
import { AdminRooms } from './rooms.ts';
import { AdminServices } from './services.ts';
import { RequestSigner } from './signer.ts';
import { AdminRevocations, AdminTokens } from './tokens.ts';
import { Transport } from './transport.ts';
import { verifyWebhook } from './verify-webhook.ts';
import { AdminWebhooks } from './webhooks.ts';

export interface AdminOptions {
  /** Of the management API, e.g. `https://meet.example.com`; may have a path. */
  url: string;
  /** Id of the service. */
  service: string;
  /** Its secret, at least 32 characters. */
  key: string;
  /** Where clients reach the portals, when that is another URL. For tokens made here. */
  portalUrl?: string;
  /** Of one attempt, ms; default 10000. */
  timeoutMs?: number;
  /** Attempts of one request; default 4. */
  attempts?: number;
}

export interface MintedToken {
  room: string;
  user: string;
  role: string;
  /** Seconds, 1 to 3600; default 180. */
  lifetime?: number;
  attributes?: Attributes;
}

/** The management API of a Portico server, for servers in Node: it holds the secret of a service. */
export class PorticoAdmin {
  readonly rooms: AdminRooms;
  readonly participants: AdminParticipants;
  readonly streams: AdminStreams;
  readonly mixes: AdminMixes;
  readonly recordings: AdminRecordings;
  readonly streamingOuts: AdminStreamingOuts;
  readonly streamingIns: AdminStreamingIns;
  readonly tokens: AdminTokens;
  readonly revocations: AdminRevocations;
  readonly services: AdminServices;
  readonly webhooks: AdminWebhooks;
  readonly audit: AdminAudit;
  readonly cluster: AdminCluster;
  readonly #key: string;
  readonly #service: string;
  readonly #portal: URL;

  /** @throws PorticoAdminError `bad_request` when an option is not acceptable; `field` names it */
  constructor({ url, service, key, portalUrl = url, timeoutMs = 10_000, attempts = 4 }: AdminOptions) {
    for (const [field, value] of Object.entries({ url, portalUrl })) {
      if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
        throw refused(`${field} must be an http or https URL`, field);
      }
    }
    if (service === '') throw refused('service must be the id of a service', 'service');
    if (key === '') throw refused('key must be the secret of the service', 'key');
    this.#service = service;
    this.#key = key;
    this.#portal = new URL(portalUrl);
    const transport = new Transport({ url, signer: new RequestSigner(service, key), timeoutMs, attempts });
    this.rooms = new AdminRooms(transport);
    this.participants = new AdminParticipants(transport);
    this.streams = new AdminStreams(transport);
    this.mixes = new AdminMixes(transport);
    this.recordings = new AdminRecordings(transport);
    this.streamingOuts = new AdminStreamingOuts(transport);
    this.streamingIns = new AdminStreamingIns(transport);
    this.tokens = new AdminTokens(transport);
    this.revocations = new AdminRevocations(transport);
    this.services = new AdminServices(transport);
    this.webhooks = new AdminWebhooks(transport);
    this.audit = new AdminAudit(transport);
    this.cluster = new AdminCluster(transport);
  }

  /**
   * Makes a token here, without asking the server, which then does not list it.
   * @throws PorticoAdminError `bad_request` when a field is not acceptable; `field` names it
   */
  mintToken({ room, user, role, lifetime, attributes }: MintedToken): string {
    try {
      return mintToken({
        key: signingKey(this.#service, this.#key),
        room,
        user,
        role,
        host: this.#portal.host,
        secure: this.#portal.protocol === 'https:',
        ...(lifetime === undefined ? {} : { lifetimeS: lifetime }),
        ...(attributes === undefined ? {} : { attributes }),
      });
    } catch (error) {
      throw translate(error);
    }
  }

  /**
   * Checks a webhook of this service, and reads it.
   * @param body as it arrived, before any parsing
   * @param authorization the header of that name
   * @throws PorticoAdminError `token_malformed`, `token_signature`, `token_expired`, `token_altered`, `bad_request`
   */
  verifyWebhook(body: string | Uint8Array, authorization: string | undefined): WebhookEvent {
    return verifyWebhook({ body, authorization, key: this.#key });
  }
}

const refused = (message: string, field: string): PorticoAdminError =>
  new PorticoAdminError(message, { status: 0, code: 'bad_request', field });
