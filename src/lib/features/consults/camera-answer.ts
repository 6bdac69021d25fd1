/** [CALL-51] What a patient answers to who asked to set their camera, and what that camera cannot. Pure. */

/** Topic of the answers in the call's messages. */
export const cameraAnswerTopic = 'camera-answer';

/** What a camera cannot do, or may not now: `detail` where data is spared. */
export const cannotDo = ['zoom', 'torch', 'lock', 'detail'] as const;
export type Cannot = (typeof cannotDo)[number];

/** `cannot`: who may set it wished for something that this camera does not have. */
export const cameraAnswers = ['yes', 'no', 'taken-back', 'cannot'] as const;
export type CameraAnswer = (typeof cameraAnswers)[number];

/** From the patient's page. */
export interface CameraReply {
  /** Who asked. */
  to: string;
  answer: CameraAnswer;
  cannot?: Cannot[];
}

/** As it reaches who asked. */
export interface CameraTold {
  /** The patient's. */
  identity: string;
  answer: CameraAnswer;
  /** With `cannot` alone; empty: all of the last wish can be done. */
  cannot: Cannot[];
}
