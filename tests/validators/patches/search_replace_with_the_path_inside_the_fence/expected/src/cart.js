export function total(items) {
    let sum = 0; // in cents
    for (const item of items) {
        sum += item.price;
    }
    return Math.round(sum);
}
