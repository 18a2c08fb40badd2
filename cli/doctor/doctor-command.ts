import type { Command } from 'commander';
import { createLogger } from '../../common/observe/log.ts';
import type { Config } from '../../common/config/schema.ts';
import { addConfigOptions, configOf, type ConfigFlags } from '../config-options.ts';
import { dataDir } from '../network.ts';
import { CommandError, type Terminal } from '../terminal.ts';
import { checkFfmpeg, checkWorker } from './engines.ts';
import type { Finding } from './finding.ts';
import { checkClock, checkDataFolder, checkNode } from './machine.ts';
import { checkAnnouncedAddress, checkBus, checkPorts } from './network.ts';

const marks = { ok: 'ok', warning: 'WARN', failed: 'FAIL' } as const;

async function examine(config: Config, terminal: Terminal): Promise<Finding[]> {
  const log = createLogger({ level: 'fatal', format: 'json', colour: false });
  const folder = dataDir(config, terminal.env);
  const [worker, ffmpeg, bus, ports, data, clock] = await Promise.all([
    checkWorker(terminal.env),
    checkFfmpeg(terminal.env),
    checkBus(config, log),
    checkPorts(config),
    checkDataFolder(folder),
    checkClock(),
  ]);
  const node = checkNode(process.versions.node);
  const address = checkAnnouncedAddress(config);
  // The SQLite file is made in the data folder, which is there now. Its engine is loaded only here.
  const { checkDatabase } = await import('./database.ts');
  const database = await checkDatabase(config, folder);
  return [node, worker, ffmpeg, bus, ports, address, ...data, database, clock];
}

function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length)) + 2;
  return findings
    .flatMap(({ name, state, says, fix }) => [
      `${marks[state].padEnd(6)}${name.padEnd(width)}${says}`,
      ...(fix === undefined ? [] : [`${' '.repeat(6 + width)}${fix}`]),
    ])
    .join('\n');
}

/** `portico doctor`. */
export function addDoctorCommand(program: Command, terminal: Terminal): void {
  const doctor = program
    .command('doctor')
    .description(
      'Look for whatever could keep the server from working here: engines, bus, ports, disk, clock.',
    )
    .option('--json', 'as JSON');
  addConfigOptions(doctor, ['host', 'port', 'bus']).action(
    async (flags: ConfigFlags & { json?: boolean }) => {
      const findings = await examine(configOf(flags, terminal), terminal);
      terminal.out(flags.json === true ? JSON.stringify(findings, null, 2) : report(findings));
      const bad = findings.filter(({ state }) => state === 'failed').length;
      if (bad > 0) throw new CommandError(`${bad} of ${findings.length} checks failed.`);
    },
  );
}
