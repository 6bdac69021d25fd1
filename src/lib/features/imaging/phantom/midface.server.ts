import { addBlob, addCortex, addMask, addStroke, curve, xy } from './field.server.ts';
import { both, maskOf, middle, mirrored, occlusal, zoom, type Build } from './jaw-frame.server.ts';

export function paintMidface(build: Build): void {
  const { half, jaw, random } = build;
  both(build, (side, at, way) => {
    const sway = random.between(-10, 10);
    // Maxillary sinus: air behind thin walls, dipping between the roots.
    const sinus = maskOf(
      [
        at(236, 300),
        at(300, 232),
        at(440, 206),
        at(610, 222),
        at(716, 300),
        at(758, 420),
        at(742, 520),
        at(676, 556 + sway),
        at(610, 534),
        at(548, 552 + sway),
        at(468, 520),
        at(388, 500),
        at(300, 420)
      ],
      2
    );
    addMask(half, sinus, -0.2);
    addCortex(half, sinus, 3, 0.26);
    // Zygoma: the process as a U over the first molar, the arch backwards.
    addStroke(half, curve(way('516,306 538,424 596,476 656,430 690,330')), 17, 0.3, zoom, true);
    addStroke(half, curve(way('670,372 800,372 920,344 1040,262')), 56, 0.16, zoom, true);
    addStroke(half, curve(way('680,350 800,346 920,316 1036,236')), 9, 0.16, zoom, true);
    addStroke(half, curve(way('676,398 800,402 915,376')), 9, 0.14, zoom, true);
    // Orbit floor; glenoid fossa and articular eminence over the condyle.
    addStroke(half, curve(way('190,120 300,178 460,190 610,158 700,86')), 15, 0.28, zoom, true);
    addStroke(half, curve(way('930,282 986,300 1034,262 1086,232 1148,250 1180,306')), 20, 0.3, zoom, true);
    addStroke(half, curve(way('1016,170 1130,190 1290,170')), 130, 0.15, zoom, true);
    // Nasal cavity with its lower turbinate.
    const nose = maskOf(way('12,120 80,90 140,170 186,290 190,380 100,420 14,414'), 5);
    addMask(half, nose, -0.2);
    addCortex(half, nose, 3, 0.1);
    addBlob(
      half,
      { x: at(108, 0)[0] / zoom, y: 342 / zoom, rx: 28, ry: 30, angle: side * 0.25, hard: 0.3 },
      0.16
    );
    // Hard palate, the near side sharp and its shadow soft; pterygoid plate; styloid; hyoid; ear lobe.
    addStroke(half, curve(way('0,428 180,434 400,426 600,410 770,392')), 13, 0.34, zoom, true);
    addStroke(half, curve(way('60,468 300,472 560,452 760,428')), 26, 0.12, zoom, true);
    addStroke(half, curve(way('800,400 826,480 834,570')), 22, 0.16, zoom, true);
    addStroke(half, curve(way('1190,400 1166,520 1130,660')), 13, 0.16, zoom, true);
    addStroke(half, curve(way('420,1372 560,1340 720,1334 840,1306')), 34, 0.13, zoom, true);
    addBlob(half, { x: at(1236, 0)[0] / zoom, y: 520 / zoom, rx: 32, ry: 56, hard: 0.6 }, 0.1);
  });
  // Septum and nasal spine.
  addStroke(
    half,
    curve([
      [middle, 130],
      [middle + 8, 260],
      [middle - 2, 420]
    ]),
    17,
    0.34,
    zoom,
    true
  );
  addStroke(
    half,
    curve([
      [middle, 420],
      [middle, 462]
    ]),
    34,
    0.2,
    zoom,
    true
  );
  addStroke(
    half,
    curve([
      [middle, 470],
      [middle, occlusal(0, jaw) - 130]
    ]),
    7,
    -0.09,
    zoom,
    true
  );
}

export function paintAirways(build: Build): void {
  const { half, jaw } = build;
  both(build, (_side, _at, way) => {
    // Air between soft palate and tongue, and behind the tongue across the ramus.
    addStroke(half, curve(way('0,548 300,544 560,528 760,516 900,550')), 60, -0.07, zoom);
    addStroke(half, curve(way('930,500 948,660 928,850 884,1040')), 84, -0.15, zoom);
    addStroke(half, curve(way('800,470 900,474 990,560')), 60, 0.08, zoom);
  });
  const tongue = maskOf(mirrored(xy('0,590 340,590 640,560 820,600 860,800 700,1000 0,1060'), jaw), 16);
  addMask(half, tongue, 0.06);
  // Between the arches: lips and cheeks only.
  const gap = Array.from({ length: 41 }, (_, i) => ({
    x: middle + (i - 20) * 40,
    y: occlusal((i - 20) * 40, jaw)
  }));
  addStroke(half, gap, 26, -0.1, zoom);
}
