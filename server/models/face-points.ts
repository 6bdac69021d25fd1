import type { MergedOutput } from './tflite.ts';

/**
 * How the attention face model's six outputs make 478 points: which points of the mesh its finer outputs replace, in
 * their order (MediaPipe, modules/face_landmark/tensors_to_face_landmarks_with_attention.pbtxt). Eyes and lips have
 * no depth of their own and take the mesh's; irises take that of an eyelid.
 */
const lips = [
  ...[61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409],
  ...[78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415],
  ...[76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408],
  ...[62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 183, 42, 41, 38, 12, 268, 271, 272, 407]
];
const leftEye = [
  ...[33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173, 130, 25, 110, 24],
  ...[23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190, 226, 31, 228, 229, 230, 231, 232, 233],
  ...[244, 113, 225, 224, 223, 222, 221, 189, 35, 124, 46, 53, 52, 65, 143, 111, 117, 118, 119, 120],
  ...[121, 128, 245, 156, 70, 63, 105, 66, 107, 55, 193]
];
const rightEye = [
  ...[263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398, 359, 255, 339, 254],
  ...[253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414, 446, 261, 448, 449, 450, 451, 452, 453],
  ...[464, 342, 445, 444, 443, 442, 441, 413, 265, 353, 276, 283, 282, 295, 372, 340, 346, 347, 348, 349],
  ...[350, 357, 465, 383, 300, 293, 334, 296, 336, 285, 417]
];
const meshPoints = 468;
const irisPoints = 5;
/** The middle of each lower eyelid. */
const leftEyelid = 145;
const rightEyelid = 374;

/** Places of the outputs in the model: mesh, lips, left eye, right eye, left iris, right iris, presence. */
const output = { mesh: 0, lips: 1, leftEye: 2, rightEye: 3, leftIris: 4, rightIris: 5, presence: 6 };

export function facePoints(): MergedOutput {
  const pick: number[] = [];
  for (let point = 0; point < meshPoints; point++) pick.push(3 * point, 3 * point + 1, 3 * point + 2);
  let start = 3 * meshPoints;
  for (const points of [lips, leftEye, rightEye]) {
    points.forEach((point, i) => {
      pick[3 * point] = start + 2 * i;
      pick[3 * point + 1] = start + 2 * i + 1;
    });
    start += 2 * points.length;
  }
  for (const eyelid of [leftEyelid, rightEyelid])
    for (let i = 0; i < irisPoints; i++, start += 2) pick.push(start, start + 1, 3 * eyelid + 2);
  const { mesh, presence, ...fine } = output;
  return {
    from: [mesh, fine.lips, fine.leftEye, fine.rightEye, fine.leftIris, fine.rightIris],
    pick,
    keep: [presence]
  };
}
