export function total(items) {
    let sum = 0;
    for (const item of items) {
        if (item.count > 0) {
            sum += item.price;
        }
    }
    return sum;
}
