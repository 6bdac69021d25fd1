import { expect, it } from 'vitest';
import { marksOf } from './board-history.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 2, 2, 8, minute));

it('[BD-14] the replay is marked with who came and left, what was proposed and decided, who signed, in order', () => {
  const proposal = { id: '1', proposal: {} as never, byId: 'wang', byName: '王志远' };
  const marks = marksOf({
    acceptedAt: at(0),
    closedAt: at(60),
    seats: [
      {
        ...{ identity: 'm:li', name: '李明', role: 'requester', relation: null, state: 'left' },
        ...{ waitingSince: null, heldAt: null, seenAt: null, rungByName: null, removedByName: null },
        steps: [
          { state: 'in-room', at: at(5) },
          { state: 'left', at: at(50) }
        ]
      }
    ],
    proposals: [
      { ...proposal, at: at(10), state: 'accepted', decidedByName: '李明', decidedAt: at(20) },
      { ...proposal, at: at(11), state: 'open', decidedByName: null, decidedAt: null },
      // Taken back by who made it: nobody decided.
      { ...proposal, at: at(12), state: 'withdrawn', decidedByName: null, decidedAt: at(13) }
    ],
    opinions: [
      {
        ...{ diagnosis: '', text: '', advice: '', authorName: '王志远', authorTitle: '' },
        ...{ authorOrganisation: '', authorId: 'wang', updatedAt: at(30), digest: null },
        signedAt: at(40)
      }
    ]
  });
  expect(marks.map(({ at, kind, label }) => [at.getUTCMinutes(), kind, label])).toEqual([
    [0, 'step', '接受会诊'],
    [5, 'person', '李明 进入会诊室'],
    [10, 'step', '王志远 提出建议'],
    [11, 'step', '王志远 提出建议'],
    [12, 'step', '王志远 提出建议'],
    [20, 'decision', '李明 采纳建议'],
    [40, 'signed', '王志远 签署意见'],
    [50, 'person', '李明 离开会诊室'],
    [0, 'decision', '会诊结束']
  ]);
});
