import { z } from 'zod';
import { MemberId, ProducerId, RouterId } from './ids.ts';

/** Where a track enters: the router on which its producer lives, and the agent that has it. */
export const Origin = z.object({ agent: MemberId, router: RouterId, producer: ProducerId });
export type Origin = z.infer<typeof Origin>;
