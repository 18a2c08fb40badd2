import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { watchLevel } from '../media/level.ts';
import { useLocal } from './context.ts';

/** A bar that moves with the own voice. Drawn past the component tree: 30 changes a second. */
export const MicMeter = (): JSX.Element => {
  const track = useLocal().tracks.mic;
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!track) return;
    return watchLevel(track, (level) => {
      bar.current?.style.setProperty('--level', level.toFixed(3));
    });
  }, [track]);
  return <div ref={bar} class="mic-meter" role="img" aria-label="Microphone level" />;
};
