import { format, resolveConfig } from 'prettier';
import { sampleToml } from '../../common/config/sample.ts';
import { configPage } from './config-page.ts';
import { errorsPage } from './errors-page.ts';
import { metricsPage } from './metrics-page.ts';
import { protocolPage } from './protocol-page.ts';

/** The repository. */
export const root = new URL('../../', import.meta.url);

const makers: Readonly<Record<string, () => string>> = {
  'portico.sample.toml': sampleToml,
  'docs/config.md': configPage,
  'docs/errors.md': errorsPage,
  'docs/metrics.md': metricsPage,
  'docs/protocol.md': protocolPage,
};

/** Paths of the generated files. */
export const generatedPaths = Object.keys(makers);

/** A generated file as it should stand in the repository: formatted like everything else. */
export async function generate(path: string): Promise<string> {
  const text = makers[path]?.() ?? '';
  if (!path.endsWith('.md')) return text;
  const options = await resolveConfig(new URL(path, root).pathname);
  return await format(text, { ...options, parser: 'markdown' });
}
