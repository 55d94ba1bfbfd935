import type { ImageRecipe } from '../images/image-recipe.ts'
import { contourImage, envoyImage } from './ingress/images.ts'
import { metricsServerImage } from './metrics-server/image.ts'
import { enforcerImage } from './network-policy/image.ts'
import { provisionerImage } from './storage/image.ts'

/** How the images of add-ons are made where no registry is reachable. */
export const images: ImageRecipe[] = [enforcerImage, metricsServerImage, provisionerImage, contourImage, envoyImage]
