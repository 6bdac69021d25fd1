/** Encrypts and decrypts frames, from our own origin. */
import 'livekit-client/e2ee-worker';
