import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EgressSpec, RecordingFile } from '../../common/contract/egress.ts';
import { EgressEndReason } from '../../common/contract/mixing.ts';

/* What the agent keeps in the work folder of a recording, besides what its process writes there. */

const specName = 'spec.json';
const planName = 'plan.json';
const jobName = 'job.json';
/** Space for the sidecar and what stands here, for when the disk is full. */
const reserveName = 'reserve';
const reserveBytes = 64 * 1024;

/** How far its files are finished: whoever begins again after a crash goes on there. */
const Plan = z.object({
  /** Of the segments that the files are made of. */
  names: z.array(z.string()),
  done: z.array(RecordingFile),
});
export type Plan = z.infer<typeof Plan>;

/** What is left to be done when the files are finished: they are to be delivered, and told of. */
const Job = z.object({
  /** Of the sidecar, below the folder of recordings; absent: nothing was recorded. */
  sidecar: z.string().optional(),
  /** What is to be told. */
  ready: z.object({ id: z.string(), at: z.number(), spec: EgressSpec, reason: EgressEndReason }).optional(),
});
export type Job = z.infer<typeof Job>;

/** @throws PorticoError, or an error of the system when it cannot be made */
export async function makeWorkFolder(path: string, spec: EgressSpec): Promise<void> {
  await mkdir(path, { mode: 0o750 });
  await writeJson(path, specName, spec);
  await writeFile(join(path, reserveName), Buffer.alloc(reserveBytes, 1));
}

/** Nothing more is recorded: gives the space back that was kept for its end. */
export const freeReserve = (folder: string): Promise<void> => rm(join(folder, reserveName), { force: true });

export const readSpec = (folder: string): Promise<EgressSpec | undefined> =>
  readJson(folder, specName, EgressSpec);
export const readPlan = (folder: string): Promise<Plan | undefined> => readJson(folder, planName, Plan);
export const readJob = (folder: string): Promise<Job | undefined> => readJson(folder, jobName, Job);

export const writePlan = (folder: string, plan: Plan): Promise<void> => writeJson(folder, planName, plan);

/** From now on it is only there for what is left to be done. */
export async function makeJob(folder: string, job: Job): Promise<void> {
  await writeJson(folder, jobName, job);
  const rest = (await readdir(folder)).filter((name) => !name.startsWith('.') && name !== jobName);
  await Promise.all(rest.map((name) => rm(join(folder, name), { force: true })));
}

export const removeWorkFolder = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true });

async function writeJson(folder: string, name: string, value: unknown): Promise<void> {
  const draft = join(folder, `${name}.new`);
  await writeFile(draft, JSON.stringify(value));
  await chmod(draft, 0o640);
  await rename(draft, join(folder, name));
}

/** Undefined: there is none that can be read. */
async function readJson<T>(folder: string, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.safeParse(JSON.parse(await readFile(join(folder, name), 'utf8'))).data;
  } catch {
    return undefined;
  }
}
