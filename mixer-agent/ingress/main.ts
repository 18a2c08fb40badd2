import { runEngine } from '../process/run-engine.ts';
import { Ingress } from './ingress.ts';
import type { IngressWords } from './protocol.ts';

/* An ingress process: started by a mixer agent, ends with it. */

runEngine<IngressWords>({ name: 'ingress', begin: (parts) => Ingress.start(parts) });
