import type { JSX } from 'preact';
import { CallInfo } from '../call/call-info.tsx';
import { ControlBar } from '../call/control-bar.tsx';
import { Sounds } from '../call/sounds.tsx';
import { MixedStage } from '../call/mixed-stage.tsx';
import { Stage } from '../call/stage.tsx';
import { Banner } from '../call/banner.tsx';
import { RecordingNotice } from '../call/recording-notice.tsx';
import { ChatPanel } from '../panels/chat-panel.tsx';
import { PeoplePanel } from '../panels/people-panel.tsx';
import { LayoutDialog } from '../panels/layout-dialog.tsx';
import { RecordDialog } from '../panels/record-dialog.tsx';
import { SettingsDialog } from '../panels/settings-dialog.tsx';
import { showsMix } from '../state/mix-selectors.ts';
import { useAppState } from '../ui/context.ts';

export const CallPage = (): JSX.Element => {
  const panel = useAppState((state) => state.panel);
  const mixed = useAppState(showsMix);
  return (
    <main class={`call ${panel === null ? '' : 'with-panel'}`}>
      <h1 class="visually-hidden">Call</h1>
      <div class="call-top dark">
        <CallInfo />
      </div>
      <div class="call-stage dark">
        <Banner />
        <RecordingNotice />
        {mixed ? <MixedStage /> : <Stage />}
      </div>
      <ChatPanel open={panel === 'chat'} />
      {panel === 'people' && <PeoplePanel />}
      <div class="call-bar dark">
        <ControlBar />
      </div>
      <Sounds />
      <SettingsDialog />
      <LayoutDialog />
      <RecordDialog />
    </main>
  );
};
