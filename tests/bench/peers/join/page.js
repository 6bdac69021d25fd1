/* global LivekitClient */
// What anyone would write first: connect, then publish. `?url=…&token=…`; `auto` joins by itself.
const query = new URLSearchParams(location.search);
const button = document.getElementById('join');

async function join() {
  const room = new LivekitClient.Room();
  room.on(LivekitClient.RoomEvent.TrackSubscribed, (track) => {
    const element = track.attach();
    element.width = 640;
    document.getElementById('others').append(element);
  });
  await room.connect(query.get('url'), query.get('token'), { rtcConfig: { iceServers: [] } });
  await room.localParticipant.enableCameraAndMicrophone();
  document.body.dataset.live = 'true';
}

button.addEventListener('click', () => join());
button.disabled = false;
if (query.has('auto')) join();
