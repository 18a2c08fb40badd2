import { runEngine } from '../process/run-engine.ts';
import { Egress } from './egress.ts';
import type { EgressWords } from './protocol.ts';

/* An egress process: started by a mixer agent, ends with it, and leaves no half files behind. */

runEngine<EgressWords>({ name: 'egress', begin: (parts) => Egress.start(parts), farewellMs: 1_500 });
