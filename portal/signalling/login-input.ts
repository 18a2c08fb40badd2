import { z } from 'zod';
import { parse } from '../../common/bus/contract.ts';
import { clientContract, Protocol, UserAgent, type ClientInput } from '../../common/contract/client.ts';

/**
 * The protocol that a login names, even when the rest of it is wrong: it decides how the client is told.
 * @returns undefined when it names none that we know.
 */
export function protocolOf(input: unknown): Protocol | undefined {
  const result = z.looseObject({ protocol: Protocol }).safeParse(input);
  return result.success ? result.data.protocol : undefined;
}

/**
 * Checks a login in the order in which OWT's server does (OWT 1.3): protocol, client, then everything else.
 * @throws PorticoError `bad_request` naming the field.
 */
export function parseLogin(input: unknown): ClientInput<'login'> {
  parse(z.looseObject({ protocol: Protocol }), input, 'login');
  parse(z.looseObject({ userAgent: UserAgent }), input, 'login');
  return parse(clientContract.login.input, input, 'login');
}
