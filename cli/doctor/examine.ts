import type { Config } from '../../common/config/schema.ts';
import { createLogger } from '../../common/observe/log.ts';
import { dataDir } from '../network.ts';
import type { Terminal } from '../terminal.ts';
import { checkDatabase } from './database.ts';
import { checkFfmpeg, checkWorker } from './engines.ts';
import type { Finding } from './finding.ts';
import { checkClock, checkDataFolder, checkNode } from './machine.ts';
import { checkAnnouncedAddress, checkBus, checkPorts } from './network.ts';

/** Looks at everything that the server needs. */
export async function examine(config: Config, terminal: Terminal): Promise<Finding[]> {
  const log = createLogger({ level: 'fatal', format: 'json', colour: false });
  const folder = dataDir(config, terminal.env);
  const [worker, ffmpeg, bus, ports, data, clock] = await Promise.all([
    checkWorker(terminal.env),
    checkFfmpeg({ configured: config.mixer.ffmpeg, env: terminal.env }),
    checkBus(config, log),
    checkPorts(config),
    checkDataFolder(folder),
    checkClock(),
  ]);
  const node = checkNode(process.versions.node);
  const address = checkAnnouncedAddress(config);
  // The SQLite file is made in the data folder, which is there now.
  const database = await checkDatabase(config, folder);
  return [node, worker, ffmpeg, bus, ports, address, ...data, database, clock];
}
