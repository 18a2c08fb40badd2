import { Registry } from 'prom-client';
import { MediaMetrics } from '../../common/media/media-metrics.ts';
import { clusterMetrics } from '../../common/observe/cluster-metrics.ts';
import { conferenceMetrics } from '../../conference-agent/metrics.ts';
import { WebhookMetrics } from '../../management-api/webhooks/metrics.ts';
import { EgressMetrics } from '../../mixer-agent/egresses/metrics.ts';
import { IngressMetrics } from '../../mixer-agent/ingresses/metrics.ts';
import { MixMetrics } from '../../mixer-agent/metrics.ts';
import { PortalMetrics } from '../../portal/metrics.ts';
import { code, generatedFrom, page, table } from './markdown.ts';

const intro = `# Metrics

\`GET /metrics\` answers in the text format of Prometheus, on the portal's port or, for any process, on \`[observe].port\`.
Labels come from closed sets: no metric carries the id of a room, a user or a stream. With \`portico start\` one page has
the numbers of all services; processes of their own answer for themselves.`;

/** All that a mixer agent counts. */
function mixerMetrics(registry: Registry): void {
  for (const Metrics of [MixMetrics, EgressMetrics, IngressMetrics]) new Metrics(registry);
}

const parts: readonly [title: string, register: (registry: Registry) => unknown][] = [
  [
    'Every process',
    (registry) => {
      clusterMetrics(registry, () => []);
    },
  ],
  ['Portal', (registry) => new PortalMetrics(registry)],
  ['Conference agent', conferenceMetrics],
  ['Access agent and mixer agent', (registry) => new MediaMetrics(registry)],
  ['Mixer agent', mixerMetrics],
  ['Management API', (registry) => new WebhookMetrics(registry, () => Promise.resolve(0))],
];

/** prom-client tells the labels of a metric to nobody but itself. */
function labelsOf(metric: object): string[] {
  const names: unknown = Reflect.get(metric, 'labelNames');
  return Array.isArray(names) ? names.map(String) : [];
}

function rowsOf(register: (registry: Registry) => unknown): string[][] {
  const registry = new Registry();
  register(registry);
  return registry
    .getMetricsAsArray()
    .map((metric) => [
      code(metric.name),
      String(metric.type),
      labelsOf(metric).map(code).join(', '),
      sentence(metric.help),
    ]);
}

const sentence = (text: string): string =>
  `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

/** docs/metrics.md: what the code registers. */
export function metricsPage(): string {
  return page(
    generatedFrom('the metrics that the services register'),
    intro,
    ...parts.flatMap(([title, register]) => [
      `## ${title}`,
      table(['Metric', 'Type', 'Labels', 'Meaning'], rowsOf(register)),
    ]),
    `Besides these, \`process_*\` and \`nodejs_*\`: memory, processor time, event loop delay and garbage collection of the
Node process, as prom-client defines them. Memory and processor time of media workers are not part of them: they are
processes of their own.`,
  );
}
