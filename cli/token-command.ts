import { InvalidArgumentError, type Command } from 'commander';
import { SigningKeys, signingKey, type SigningKey } from '../common/auth/keys.ts';
import { defaultTokenLifetime, issueToken } from '../common/auth/mint.ts';
import type { Config } from '../common/config/schema.ts';
import { maxTokenLifetime } from '../common/contract/token.ts';
import { addConfigOptions, configOf, type ConfigFlags } from './config-options.ts';
import { addTokenListCommands } from './api/tokens.ts';
import { publicUrl } from '../portal/public-url.ts';
import { dataDir } from './network.ts';
import { CommandError, exitCode, type Terminal } from './terminal.ts';

interface TokenFlags extends ConfigFlags {
  room: string;
  user: string;
  role: string;
  keyId?: string;
  key?: string;
  lifetime: number;
  url?: string;
  json?: boolean;
}

function lifetime(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= maxTokenLifetime) return seconds;
  throw new InvalidArgumentError(`Give whole seconds from 1 to ${maxTokenLifetime}.`);
}

/** The key given by flags, else the named (or first) one of the configuration, else the one in the data folder. */
async function keyOf(flags: TokenFlags, config: Config, terminal: Terminal): Promise<SigningKey> {
  if (flags.key !== undefined) {
    if (flags.keyId === undefined) throw new CommandError('--key needs --key-id, its name.', exitCode.usage);
    if (flags.key.length < 32) throw new CommandError('--key needs at least 32 characters.', exitCode.usage);
    return signingKey(flags.keyId, flags.key);
  }
  const keys = await SigningKeys.load({
    services: config.auth.services,
    makes: true,
    dataDir: dataDir(config, terminal.env),
  });
  const key = flags.keyId === undefined ? keys.own : keys.get(flags.keyId);
  if (key !== undefined) return key;
  throw new CommandError(`There is no key '${flags.keyId ?? ''}' in [auth] of the configuration.`);
}

function addressOf(text: string): URL {
  if (URL.canParse(text) && /^https?:/.test(text)) return new URL(text);
  throw new CommandError(
    `--url needs a URL that begins with http:// or https://, not '${text}'.`,
    exitCode.usage,
  );
}

/** `portico token create|list|revoke`. */
export function addTokenCommands(program: Command, terminal: Terminal): void {
  const token = program
    .command('token')
    .description('Make tokens, each of which joins one user to one room, once.');
  const create = token
    .command('create')
    .description('Print a token.')
    .requiredOption('--room <id>', 'room to join')
    .requiredOption('--user <name>', 'name of the user')
    .option('--role <name>', 'role of the user in the room', 'presenter')
    .option('--key-id <id>', 'name of the signing key (default: the first one configured)')
    .option(
      '--key <secret>',
      'the signing key itself (other users of this machine can see it while the command runs)',
    )
    .option('--lifetime <seconds>', `1 to ${maxTokenLifetime}`, lifetime, defaultTokenLifetime)
    .option('--url <url>', 'where clients reach the server (default: as configured)')
    .option('--json', 'as JSON');
  addConfigOptions(create, []).action(async (flags: TokenFlags) => {
    const config = configOf(flags, terminal);
    const url = addressOf(flags.url ?? publicUrl(config.server));
    const { text, claims } = issueToken({
      key: await keyOf(flags, config, terminal),
      room: flags.room,
      user: flags.user,
      role: flags.role,
      host: url.host,
      secure: url.protocol === 'https:',
      lifetimeS: flags.lifetime,
    });
    const { jti: id, exp } = claims;
    const made = { token: text, id, expiresAt: exp * 1000, url: url.origin };
    terminal.out(flags.json === true ? JSON.stringify(made, null, 2) : text);
  });
  addTokenListCommands(token, terminal);
}
