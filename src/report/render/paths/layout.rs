//! Where the boxes and lines of a drawing go: in layers from left to right, by the longest way to each box.
//!
//! After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures" (1981): lines that
//! would lead back are turned, a line over several layers has a place in each, the places of a layer are put in the order
//! of what they are joined to, and then moved towards it as far as the others let them. Between two layers of boxes is one
//! of labels, so that no label lies on anything.

/// What to place: boxes by width and height, lines between them with the width of their labels.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish {
    pub(super) boxes: Vec<(f64, f64)>,
    /// How far along each box is: lines to one that is less far lead back.
    pub(super) ranks: Vec<usize>,
    pub(super) lines: Vec<(usize, usize, f64)>,
}

/// Where everything is.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// The left and upper edge of each box.
    pub(super) boxes: Vec<(f64, f64)>,
    pub(super) lines: Vec<Line>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A line, from where it begins to where it ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// It is straight between the first two points, bent between the next two, and so on in turn.
    pub(super) points: Vec<(f64, f64)>,
    /// The middle of its label.
    pub(super) label: (f64, f64),
}

/// Between a box or label and the line that bends.
const BEND: f64 = 26.0;
/// How far a line goes straight at a box.
const STUB: f64 = 9.0;
const LABEL_HEIGHT: f64 = 22.0;
const THROUGH_HEIGHT: f64 = 10.0;
const BETWEEN: f64 = 14.0;
const SWEEPS: usize = 12;

/// A place in a layer: a box, or where a line goes through.
#[derive(Clone, Debug, Default)]
struct Place {
    layer: usize,
    width: f64,
    height: f64,
    before: Vec<usize>,
    after: Vec<usize>,
    /// Its middle.
    y: f64,
}

/// A line as the places that it goes through, from left to right.
struct Routed {
    places: Vec<usize>,
    label: usize,
    is_turned: bool,
}

/// Places all of it. Lines from a box to itself, or to one that is not there, have no points.
pub(super) fn layout(wish: &Wish) -> Layout {
    let turned = turned(wish);
    let layers = layers(wish, &turned);
    let (mut places, routed) = routes(wish, &turned, &layers);
    let mut order = ordered(&mut places);
    settle(&mut places, &mut order);
    finish(wish, &places, &order, &routed)
}

/// Which lines lead back, so that the rest has no circle.
fn turned(wish: &Wish) -> Vec<bool> {
    let rank = |at: usize| (wish.ranks.get(at).copied().unwrap_or_default(), at);
    let lines = wish.lines.iter();
    lines.map(|(from, to, _)| rank(*from) > rank(*to)).collect()
}

/// The layer of each box: one after the last of those that lead to it.
fn layers(wish: &Wish, turned: &[bool]) -> Vec<usize> {
    let mut layers = vec![0_usize; wish.boxes.len()];
    let lines: Vec<(usize, usize)> = (wish.lines.iter().zip(turned))
        .map(|((from, to, _), turned)| match turned {
            true => (*to, *from),
            false => (*from, *to),
        })
        .filter(|(from, to)| from != to)
        .collect();
    // No way is longer than there are boxes.
    for _ in 0..wish.boxes.len() {
        let mut is_same = true;
        for (from, to) in &lines {
            let least = layers.get(*from).map_or(0, |layer| layer + 1);
            if let Some(layer) = layers.get_mut(*to)
                && *layer < least
            {
                *layer = least;
                is_same = false;
            }
        }
        if is_same {
            break;
        }
    }
    layers
}

/// The places of boxes, lines and labels. Boxes are in the even layers.
fn routes(wish: &Wish, turned: &[bool], layers: &[usize]) -> (Vec<Place>, Vec<Routed>) {
    let boxes = wish.boxes.iter().zip(layers);
    let mut places: Vec<Place> = boxes
        .map(|((width, height), layer)| Place {
            layer: layer * 2,
            width: *width,
            height: *height,
            ..Place::default()
        })
        .collect();
    let mut routed = Vec::new();
    for ((from, to, label), turned) in wish.lines.iter().zip(turned) {
        let (left, right) = if *turned { (*to, *from) } else { (*from, *to) };
        let ends = (layers.get(left), layers.get(right));
        let (Some(first), Some(last)) = ends else {
            routed.push(Routed {
                places: Vec::new(),
                label: 0,
                is_turned: false,
            });
            continue;
        };
        let mut way = vec![left];
        let between = if left == right {
            0..0
        } else {
            first * 2 + 1..last * 2
        };
        let labelled = last * 2 - usize::from(left != right);
        for layer in between {
            let has_label = layer == labelled;
            places.push(Place {
                layer,
                width: if has_label { *label } else { 0.0 },
                height: if has_label {
                    LABEL_HEIGHT
                } else {
                    THROUGH_HEIGHT
                },
                ..Place::default()
            });
            way.push(places.len() - 1);
        }
        let label = way.last().copied().unwrap_or(left);
        way.push(right);
        if left == right {
            way.clear();
        }
        for pair in way.windows(2) {
            if let [one, other] = *pair {
                if let Some(place) = places.get_mut(one) {
                    place.after.push(other);
                }
                if let Some(place) = places.get_mut(other) {
                    place.before.push(one);
                }
            }
        }
        routed.push(Routed {
            places: way,
            label,
            is_turned: *turned,
        });
    }
    (places, routed)
}

/// The places of each layer, in an order in which few lines cross.
fn ordered(places: &mut [Place]) -> Vec<Vec<usize>> {
    let last = places.iter().map(|place| place.layer).max();
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); last.map_or(0, |last| last + 1)];
    for (number, place) in places.iter().enumerate() {
        if let Some(layer) = order.get_mut(place.layer) {
            layer.push(number);
        }
    }
    for sweep in 0..SWEEPS {
        number_off(places, &order);
        let mut each = |layer: &mut Vec<usize>| {
            let key = |at: &usize| {
                let place = places.get(*at);
                let near = place.map(|one| {
                    if sweep % 2 == 0 {
                        &one.before
                    } else {
                        &one.after
                    }
                });
                let own = place.map_or(0.0, |one| one.y);
                middle(near.map_or(&[][..], Vec::as_slice), places).unwrap_or(own)
            };
            let mut keyed: Vec<(f64, usize)> = layer.iter().map(|at| (key(at), *at)).collect();
            keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
            *layer = keyed.into_iter().map(|(_, at)| at).collect();
            for (row, at) in layer.iter().enumerate() {
                if let Some(place) = places.get_mut(*at) {
                    place.y = as_f64(row);
                }
            }
        };
        match sweep % 2 {
            0 => order.iter_mut().for_each(&mut each),
            _ => order.iter_mut().rev().for_each(&mut each),
        }
    }
    order
}

/// Gives each place its row.
fn number_off(places: &mut [Place], order: &[Vec<usize>]) {
    for layer in order {
        for (row, at) in layer.iter().enumerate() {
            if let Some(place) = places.get_mut(*at) {
                place.y = as_f64(row);
            }
        }
    }
}

fn as_f64(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

/// The mean of where some places are.
fn middle(near: &[usize], places: &[Place]) -> Option<f64> {
    let sum: f64 = near.iter().filter_map(|at| Some(places.get(*at)?.y)).sum();
    (!near.is_empty()).then(|| sum / as_f64(near.len()))
}

/// Moves each place towards what it is joined to, as far as its neighbours let it.
fn settle(places: &mut [Place], order: &mut [Vec<usize>]) {
    // First one under the other.
    for layer in order.iter() {
        let wished = vec![0.0; layer.len()];
        spread(places, layer, &wished);
    }
    for sweep in 0..SWEEPS {
        let mut each = |layer: &mut Vec<usize>| {
            let wished: Vec<f64> = layer
                .iter()
                .map(|at| {
                    let Some(place) = places.get(*at) else {
                        return 0.0;
                    };
                    let (first, second) = match sweep % 2 {
                        0 => (&place.before, &place.after),
                        _ => (&place.after, &place.before),
                    };
                    let near = middle(first, places).or_else(|| middle(second, places));
                    near.unwrap_or(place.y)
                })
                .collect();
            spread(places, layer, &wished);
        };
        match sweep % 2 {
            0 => order.iter_mut().for_each(&mut each),
            _ => order.iter_mut().rev().for_each(&mut each),
        }
    }
}

/// Puts a layer's places as near as can be to where each is wished, in their order and without touching: the least
/// squares, by pooling neighbours that would be out of order.
fn spread(places: &mut [Place], layer: &[usize], wished: &[f64]) {
    let mut offsets = Vec::new();
    let mut below = 0.0;
    let mut upper: Option<f64> = None;
    for at in layer {
        let height = places.get(*at).map_or(0.0, |place| place.height);
        if let Some(upper) = upper {
            below += (upper + height) / 2.0 + BETWEEN;
        }
        offsets.push(below);
        upper = Some(height);
    }
    // Each pool: the sum of what its members wish, and how many they are.
    let mut pools: Vec<(f64, f64)> = Vec::new();
    for (wish, offset) in wished.iter().zip(&offsets) {
        let mut pool = (wish - offset, 1.0);
        while let Some(last) = pools.last()
            && last.0 / last.1 >= pool.0 / pool.1
        {
            pool = (pool.0 + last.0, pool.1 + last.1);
            pools.pop();
        }
        pools.push(pool);
    }
    let mut at = 0;
    for (sum, many) in pools {
        let mut left = many;
        while left > 0.5 {
            let number = layer.get(at).copied();
            let place = number.and_then(|number| places.get_mut(number));
            if let (Some(place), Some(offset)) = (place, offsets.get(at)) {
                place.y = sum / many + offset;
            }
            at += 1;
            left -= 1.0;
        }
    }
}

/// The left edge and the width of each layer. The further lines go up or down between two, the more room they get.
fn columns(places: &[Place], order: &[Vec<usize>]) -> Vec<(f64, f64)> {
    let mut columns = Vec::new();
    let mut x = 0.0;
    for layer in order {
        let here = || layer.iter().filter_map(|at| places.get(*at));
        let width = here().map(|place| place.width).fold(0.0, f64::max);
        columns.push((x, width));
        let falls = here().flat_map(|place| {
            let after = place.after.iter().filter_map(|at| places.get(*at));
            after.map(|other| (other.y - place.y).abs())
        });
        let most = falls.fold(0.0, f64::max);
        x += width + (most * 0.1).clamp(BEND, 3.0 * BEND);
    }
    columns
}

/// Everything where it is in the drawing.
fn finish(wish: &Wish, places: &[Place], order: &[Vec<usize>], routed: &[Routed]) -> Layout {
    let columns = columns(places, order);
    let tops = places.iter().map(|place| place.y - place.height / 2.0);
    let top = tops.fold(f64::INFINITY, f64::min);
    let ends = places.iter().map(|place| place.y + place.height / 2.0);
    let end = ends.fold(f64::NEG_INFINITY, f64::max);
    let at = |place: &Place| {
        let (x, width) = columns.get(place.layer).copied().unwrap_or_default();
        (x, width, place.y - top)
    };
    let line = |one: &Routed| {
        let mut points = Vec::new();
        let last = one.places.len().saturating_sub(1);
        for (row, number) in one.places.iter().enumerate() {
            let Some(place) = places.get(*number) else {
                continue;
            };
            let (x, width, y) = at(place);
            match row {
                // Out of a box that is narrower than its layer straight on, so that it passes the others.
                0 => points.extend([(x + place.width, y), (x + width + STUB, y)]),
                row if row == last => points.extend([(x - STUB, y), (x, y)]),
                _ => points.extend([(x, y), (x + width, y)]),
            }
        }
        if one.is_turned {
            points.reverse();
        }
        let label = places.get(one.label).map(|place| {
            let (x, width, y) = at(place);
            (x + width / 2.0, y)
        });
        Line {
            points,
            label: label.unwrap_or_default(),
        }
    };
    let boxes = places.iter().take(wish.boxes.len());
    let boxes = boxes.map(|place| (at(place).0, at(place).2 - place.height / 2.0));
    Layout {
        boxes: boxes.collect(),
        lines: routed.iter().map(line).collect(),
        width: columns.last().map_or(0.0, |(x, width)| x + width),
        height: if end > top { end - top } else { 0.0 },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn boxes(many: usize) -> Vec<(f64, f64)> {
        vec![(100.0, 40.0); many]
    }

    /// Holds that no two boxes or labels touch, and that all of it is within the drawing.
    #[track_caller]
    fn holds(what: &str, wish: &Wish) -> Layout {
        let laid = layout(wish);
        let mut areas: Vec<(f64, f64, f64, f64)> = (laid.boxes.iter().zip(&wish.boxes))
            .map(|((x, y), (width, height))| (*x, *y, x + width, y + height))
            .collect();
        for (line, (_, _, width)) in laid.lines.iter().zip(&wish.lines) {
            if line.points.is_empty() {
                continue;
            }
            let (x, y) = line.label;
            areas.push((x - width / 2.0, y - 8.0, x + width / 2.0, y + 8.0));
            for (x, y) in &line.points {
                let is_in = (0.0..=laid.width).contains(x) && (0.0..=laid.height).contains(y);
                assert!(is_in, "{what}: ({x}, {y}) is outside of {laid:?}");
            }
        }
        for (number, one) in areas.iter().enumerate() {
            let is_in = one.0 >= -0.1 && one.1 >= -0.1;
            let is_in = is_in && one.2 <= laid.width + 0.1 && one.3 <= laid.height + 0.1;
            assert!(is_in, "{what}: {one:?} is outside of {laid:?}");
            for other in areas.iter().skip(number + 1) {
                let apart = one.2 <= other.0 || other.2 <= one.0;
                let apart = apart || one.3 <= other.1 || other.3 <= one.1;
                assert!(apart, "{what}: {one:?} lies on {other:?}");
            }
        }
        laid
    }

    #[test]
    fn nothing_lies_on_anything() {
        let all = |many, lines: &[(usize, usize)]| Wish {
            boxes: boxes(many),
            ranks: Vec::new(),
            lines: lines.iter().map(|(from, to)| (*from, *to, 60.0)).collect(),
        };
        for (what, wish) in [
            ("nothing", all(0, &[])),
            ("one box", all(1, &[])),
            ("one box with a line to itself", all(1, &[(0, 0)])),
            ("a row", all(3, &[(0, 1), (1, 2)])),
            ("two lines between the same", all(2, &[(0, 1), (0, 1)])),
            (
                "one over several layers",
                all(4, &[(0, 1), (1, 2), (2, 3), (0, 3)]),
            ),
            ("a circle", all(3, &[(0, 1), (1, 2), (2, 0)])),
            ("one that is not there", all(2, &[(0, 7), (9, 1)])),
        ] {
            holds(what, &wish);
        }
    }

    #[test]
    fn two_hundred_boxes_in_one_layer_in_a_row_and_in_a_thicket() {
        let label = 50.0;
        let fan: Vec<_> = (1..200).map(|to| (0, to, label)).collect();
        let row: Vec<_> = (1..200).map(|to| (to - 1, to, label)).collect();
        let thicket = (0..600_usize).map(|one| (one * 7 % 199, one * 31 % 200, label));
        for (what, lines) in [
            ("a fan", fan),
            ("a row", row),
            ("a thicket", thicket.collect::<Vec<_>>()),
        ] {
            let wish = Wish {
                boxes: boxes(200),
                ranks: (0..200).map(|at| at * 3 % 17).collect(),
                lines,
            };
            let laid = holds(what, &wish);
            assert_eq!(laid.boxes.len(), 200, "{what}");
        }
    }

    #[test]
    fn a_line_leads_from_one_box_to_the_other() {
        let wish = Wish {
            boxes: vec![(100.0, 40.0), (160.0, 40.0), (80.0, 60.0)],
            ranks: vec![0, 1, 2],
            lines: vec![(0, 1, 40.0), (1, 2, 40.0), (2, 0, 40.0)],
        };
        let laid = holds("a circle", &wish);
        for (number, (from, to, _)) in wish.lines.iter().enumerate() {
            let middle = |at: usize| laid.boxes[at].1 + wish.boxes[at].1 / 2.0;
            let points = &laid.lines[number].points;
            let (first, last) = (points.first().unwrap().1, points.last().unwrap().1);
            assert!(
                (first - middle(*from)).abs() < 0.1,
                "line {number}: {points:?}"
            );
            assert!(
                (last - middle(*to)).abs() < 0.1,
                "line {number}: {points:?}"
            );
        }
        let back = &laid.lines[2].points;
        assert!(back.first().unwrap().0 > back.last().unwrap().0, "{back:?}");
    }
}
