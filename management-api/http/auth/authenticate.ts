import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../../common/config/schema.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import { pause } from '../../../common/lifecycle/wait.ts';
import type { ServiceDirectory } from '../../services/directory.ts';
import type { Nonces } from '../../store/store.ts';
import { MinuteLimit } from '../minute-limit.ts';
import { checkBearer, serviceOfBearer } from './bearer.ts';
import { callerKey, type Caller } from './caller.ts';
import { checkMAuth, readMAuth, replayKey, userOf } from './mauth.ts';

/** Whoever guesses is made to wait, and learns nothing from how long it takes; ms. */
const maxFailureDelayMs = 100;

/** A header of more than this is nobody's signature; characters. */
const maxHeaderLength = 8_192;

export interface AuthenticatorOptions {
  directory: ServiceDirectory;
  nonces: Nonces;
  config: Config['management'];
  /** Network address of whoever asks, for the limit of failures. */
  addressOf: (request: FastifyRequest) => string;
  now?: () => number;
}

/** Finds out who sends a request, by MAuth (OWT 7.1) or a JWT, and refuses those who send too many. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #requests: MinuteLimit;
  readonly #failures: MinuteLimit;
  readonly #now: () => number;

  constructor(options: AuthenticatorOptions) {
    const { requests_per_minute, failures_per_minute } = options.config;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#requests = new MinuteLimit(requests_per_minute, 'too many requests of this service');
    this.#failures = new MinuteLimit(failures_per_minute, 'too many requests without a valid signature');
  }

  /** Hook of all routes that need a signature. */
  readonly hook = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    let caller: Caller;
    try {
      caller = await this.#identify(request.headers.authorization);
    } catch (error) {
      throw await this.#refuse(error, request, reply);
    }
    await this.#requests.take(caller.service.id);
    request.setDecorator(callerKey, caller);
  };

  async #refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (!(error instanceof PorticoError) || error.code !== 'unauthorized') return error;
    await pause(Math.random() * maxFailureDelayMs);
    try {
      await this.#failures.take(this.#options.addressOf(request));
    } catch (limit) {
      return limit;
    }
    void reply.header('www-authenticate', 'MAuth realm="portico", Bearer realm="portico"');
    return error;
  }

  async #identify(header: string | undefined): Promise<Caller> {
    if (header === undefined) {
      throw new PorticoError('unauthorized', 'the request needs an Authorization header (MAuth or Bearer)');
    }
    const [, scheme = '', rest = ''] = /^([A-Za-z]+) +(.+)$/.exec(header.slice(0, maxHeaderLength)) ?? [];
    if (scheme.toLowerCase() === 'mauth') return await this.#byMAuth(rest);
    if (scheme.toLowerCase() === 'bearer') return await this.#byBearer(rest.trim());
    throw new PorticoError('unauthorized', 'the Authorization header must begin with MAuth or Bearer');
  }

  async #byMAuth(text: string): Promise<Caller> {
    const { directory, nonces, config } = this.#options;
    const fields = readMAuth(text);
    const service = await directory.find(fields.service);
    const windowMs = config.signature_window_ms;
    checkMAuth(fields, service?.key, { windowMs, now: this.#now() });
    if (!(await nonces.take(replayKey(fields), Number(fields.timestamp) + windowMs + 1_000))) {
      throw new PorticoError('unauthorized', 'this signature was used before');
    }
    const user = userOf(fields);
    return this.#caller(service, { ...fieldsIfGiven('user', user), ...fieldsIfGiven('role', fields.role) });
  }

  async #byBearer(text: string): Promise<Caller> {
    const service = await this.#options.directory.find(serviceOfBearer(text));
    return this.#caller(service, checkBearer(text, service, this.#now()));
  }

  #caller(service: Caller['service'] | undefined, who: { user?: string; role?: string }): Caller {
    if (service === undefined) throw new PorticoError('unauthorized', 'the service is not known');
    return { service, isSuper: service.id === this.#options.directory.superId, ...who };
  }
}

const fieldsIfGiven = <K extends string>(key: K, value: string | undefined) =>
  (value === undefined || value === '' ? {} : { [key]: value }) as Partial<Record<K, string>>;
