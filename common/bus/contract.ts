import type { z } from 'zod';
import { PorticoError } from '../contract/errors.ts';
import type { Contract, Handlers, Input, Output } from '../contract/rpc.ts';
import type { Bus, BusHandler, CallContext, CallOptions } from './bus.ts';

/** Path of the first problem in the notation of the request, e.g. `media.tracks[0].source`. */
function fieldOf(issue: z.core.$ZodIssue): string {
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}

/**
 * Checks a value against a schema.
 * @throws PorticoError `bad_request` with a sentence that names the field.
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, what = 'request'): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue === undefined ? '' : fieldOf(issue);
  const where = field === '' ? what : `${what} field '${field}'`;
  const details = field === '' ? {} : { field };
  throw new PorticoError('bad_request', `${where}: ${issue?.message ?? 'invalid'}`, details);
}

/** A bus handler that checks every input against the contract before it reaches its handler. */
export function serveContract<C extends Contract>(
  contract: C,
  handlers: Handlers<C, CallContext>,
): BusHandler {
  return async (params, context) => {
    const spec = Object.hasOwn(contract, context.method) ? contract[context.method] : undefined;
    if (spec === undefined) {
      throw new PorticoError('unknown_method', `method '${context.method}' is not offered at this address`);
    }
    const input = parse(spec.input, params, context.method) as Input<C, keyof C>;
    return await handlers[context.method as keyof C](input, context);
  };
}

/** Typed calls of one contract over a bus; answers are checked, too. */
export class Caller<C extends Contract> {
  readonly #bus: Bus;
  readonly #contract: C;

  constructor(bus: Bus, contract: C) {
    this.#bus = bus;
    this.#contract = contract;
  }

  async call<M extends keyof C & string>(
    address: string,
    method: M,
    params: z.input<C[M]['input']>,
    options?: CallOptions,
  ): Promise<Output<C, M>> {
    const answer = await this.#bus.call(address, method, params, options);
    const spec = this.#contract[method];
    if (spec === undefined)
      throw new PorticoError('unknown_method', `method '${method}' is not in the contract`);
    return spec.output.parse(answer) as Output<C, M>;
  }

  async send<M extends keyof C & string>(
    address: string,
    method: M,
    params: z.input<C[M]['input']>,
  ): Promise<void> {
    await this.#bus.send(address, method, params);
  }
}
